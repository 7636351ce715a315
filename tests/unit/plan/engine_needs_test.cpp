// Keys that an older engine would read over.
#include "plan/engine_needs.hpp"

#include "planned.hpp"

namespace saasctl::engine_needs_test {

using namespace saasctl::plan;
using namespace saasctl::test;

namespace {

// "web: key 1.44 strict", one line each.
std::string needs(const std::string& keys, int api_minor, const std::string& top = "") {
  const auto project = load_shop("name: shop\nservices:\n  web:\n    image: \"web:1\"\n    " + keys + "\n" + top);
  const auto plan = plan_up(project, images_only(), {});
  REQUIRE(plan);
  std::string out;
  for (const auto& need : unmet_needs(*plan, api_minor))
    out += need.of + ": " + need.key + " 1." + std::to_string(need.api_minor) + (need.strict ? " strict\n" : "\n");
  return out;
}

}  // namespace

TEST_CASE("up finds the keys that the engine is too old for, and says which change the container") {
  struct Case {
    std::string keys;
    int first;  // minor version of the API that knows them
    std::string expected;
    std::string top = {};
  };
  const Case cases[] = {
      {"annotations: {a: b}", 43, "web: annotations 1.43\n"},
      {"healthcheck: {start_interval: 1s}", 44, "web: healthcheck.start_interval 1.44\n"},
      {"volumes: [{type: bind, source: /a, target: /a, read_only: true, bind: {recursive: readonly}}]", 44,
       "web: volumes.bind.recursive 1.44 strict\n"},
      {"volumes: [{type: bind, source: /a, target: /a, read_only: true, bind: {recursive: writable}}]", 44,
       "web: volumes.bind.recursive 1.44 strict\n"},
      {"volumes: [{type: volume, source: data, target: /a, volume: {subpath: b}}]", 45,
       "web: volumes.volume.subpath 1.45 strict\n", "volumes: {data: }"},
      {"volumes: [{type: image, source: i, target: /a}]", 48, "web: a volume of type: image 1.48 strict\n"},
      {"networks: {default: {gw_priority: 1}}", 48, "web: networks.gw_priority 1.48\n"},
      {"networks: {default: {interface_name: eth7}}", 49, "web: networks.interface_name 1.49 strict\n"},
      {"networks: {default: {}, back: {interface_name: eth7}}", 49, "web: networks.interface_name 1.49 strict\n",
       "networks: {back: }"},
      {"networks: {default: {}, back: {mac_address: \"02:42:ac:11:00:05\"}}", 44,
       "web: networks.mac_address of a second network 1.44 strict\n", "networks: {back: }"},
      {"init: true", 48, "network shop_default: enable_ipv4 1.48\n", "networks: {default: {enable_ipv4: true}}"},
  };
  for (const auto& one : cases) {
    INFO(one.keys);
    CHECK(needs(one.keys, 41, one.top) == one.expected);
    CHECK(needs(one.keys, one.first - 1, one.top) == one.expected);
    CHECK(needs(one.keys, one.first, one.top).empty());
  }
  // The first network's address is the container's own, which every engine knows; so is a mount that is not recursive.
  CHECK(needs("networks: {default: {mac_address: \"02:42:ac:11:00:05\"}}", 41).empty());
  CHECK(needs("volumes: [{type: bind, source: /a, target: /a, bind: {recursive: disabled}}]", 41).empty());
}

TEST_CASE("the message of an unmet need names service, key, engine and both versions") {
  CHECK(describe({"web", "annotations", 43, "24", false}, 41) ==
        "web: annotations needs Docker Engine 24 (API 1.43), and this engine has API 1.41");
}

}  // namespace saasctl::engine_needs_test
