// Each key of Compose that is called supported changes a request to the engine, and each of its values another way.
#include "catch.hpp"
#include "key_cases.hpp"
#include "stack/stack.hpp"

namespace saasctl::key_effect_test {

using namespace saasctl::test;
using declare::Support;

namespace {

const std::vector<std::string> files{"project.yaml", "service.yaml", "resources.yaml",
                                     "network.yaml", "volume.yaml",  "build.yaml"};

Support support_of(const std::string& key) {
  for (const auto& declared : stack::compose_keys(stack::stack_record().info())) {
    if (declared.path == key) return declared.support;
  }
  FAIL("no key " << key << " is declared");
  return Support::refused;
}

// All problems of a file's cases in one text.
std::string problems_of(const std::string& file) {
  std::string all;
  for (const auto& one : key_cases(file)) {
    const auto support = support_of(one.key);
    if (support != Support::full && support != Support::partly) {
      all += one.key + ": has a case, but is not called supported\n";
      continue;
    }
    for (const auto& problem : KeyJudge(one, support).problems()) all += one.key + ": " + problem + "\n";
  }
  return all;
}

std::string joined(const std::vector<std::string>& parts) {
  return join(parts, "\n");
}

// The labels of the model tell one spelling from the other; they are for `up`, not for the engine.
KeyJson without_model(KeyJson tree) {
  tree.erase("hashes");
  for (const auto* kind : {"containers", "networks", "volumes"}) {
    if (!tree.contains(kind)) continue;
    for (auto& body : tree[kind]) {
      for (const auto* label : {"saasctl.model", "com.docker.compose.config-hash"}) body["Labels"].erase(label);
    }
  }
  return tree;
}

// Why a file gives no requests, or no image; empty: it does.
std::string failure_of(const KeyJson& tree) {
  for (const auto* why : {"error", "refused"}) {
    if (tree.contains(why)) return tree.at(why).get<std::string>();
  }
  return "";
}

KeyCase made_up(const std::string& key, KeyJson spec) {
  return {key, std::move(spec)};
}

}  // namespace

TEST_CASE("every supported key of Compose has a case that says what it changes") {
  std::vector<KeyCase> cases;
  for (const auto& file : files) {
    for (auto& one : key_cases(file)) cases.push_back(std::move(one));
  }
  CHECK(joined(keys_without_case(stack::compose_keys(stack::stack_record().info()), cases)) == "");
}

TEST_CASE("keys of services change what the engine is asked for") {
  CHECK(problems_of("service.yaml") == "");
}

TEST_CASE("limits and devices change what the engine is asked for") {
  CHECK(problems_of("resources.yaml") == "");
}

TEST_CASE("keys of networks change what the engine is asked for") {
  CHECK(problems_of("network.yaml") == "");
}

TEST_CASE("keys of volumes and mounts change what the engine is asked for") {
  CHECK(problems_of("volume.yaml") == "");
}

TEST_CASE("keys that shape the file change what the engine is asked for") {
  CHECK(problems_of("project.yaml") == "");
}

TEST_CASE("keys of builds change what the engine is asked for") {
  CHECK(problems_of("build.yaml") == "");
}

TEST_CASE("spellings that mean the same give the same requests") {
  for (const auto& spec : key_data("forms.yaml")) {
    const auto group = made_up("", spec);
    const auto values = group.values();
    REQUIRE(values.size() > 1);
    const auto first = without_model(group.requests(values[0]));
    INFO(values[0]);
    REQUIRE(failure_of(first) == "");
    for (const auto& value : values) {
      INFO(values[0] << "\n" << value);
      const auto other = without_model(group.requests(value));
      INFO(KeyJson::diff(first, other).dump(1));
      CHECK((other == first));
    }
  }
}

TEST_CASE("values that mean different things give different requests") {
  for (const auto& spec : key_data("values.yaml")) {
    const auto group = made_up("", spec);
    std::vector<KeyJson> trees;
    for (const auto& value : group.values()) {
      trees.push_back(without_model(group.requests(value)));
      INFO(value);
      REQUIRE(failure_of(trees.back()) == "");
      for (std::size_t i = 0; i + 1 < trees.size(); ++i) {
        INFO("the same as " << group.values()[i]);
        CHECK((trees[i] != trees.back()));
      }
    }
    REQUIRE(trees.size() > 1);
  }
}

TEST_CASE("the judge of cases finds a key without effect, equal values and cases that prove nothing") {
  const auto problems = [](KeyCase one, Support support = Support::full) {
    return joined(KeyJudge(one, support).problems());
  };
  const auto contains = [](const std::string& text, std::string_view part) {
    INFO(text);
    return text.find(part) != std::string::npos;
  };
  const std::string init = "/containers/web/HostConfig/Init";
  CHECK(problems(
            made_up("services.init", {{"web", {"init: true", "init: false"}}, {"at", init}, {"gives", {true, false}}}))
            .empty());
  // A key that is read and forgotten.
  CHECK(
      contains(problems(made_up("services.x-init",
                                {{"web", {"x-init: true", "x-init: false"}}, {"at", init}, {"gives", {true, false}}})),
               "'x-init: true': no effect, /containers/web/HostConfig/Init is null as without the key"));
  CHECK(contains(problems(made_up("services.init", {{"web", {"init: true"}}, {"at", init}, {"gives", {true}}})),
                 "is tried with two values"));
  CHECK(contains(problems(made_up("services.init",
                                  {{"web", {"init: true", "init: \"true\""}}, {"at", init}, {"gives", {true, true}}})),
                 "give the same"));
  CHECK(contains(problems(made_up("services.init",
                                  {{"web", {"init: true", "user: x"}}, {"at", init}, {"gives", {true, nullptr}}})),
                 "'user: x' does not set the key"));
  CHECK(contains(
      problems(made_up(
          "services.init",
          {{"web", {"init: true", "init: false"}}, {"without", "init: true"}, {"at", init}, {"gives", {true, false}}})),
      "`without` sets the key"));
  CHECK(contains(
      problems(made_up(
          "services.init",
          {{"web", {"init: true", "init: false"}}, {"default", "last"}, {"at", init}, {"gives", {true, false}}})),
      "is false, but null without the key"));
  CHECK(contains(problems(made_up("services.init",
                                  {{"web", {"init: true", "init: wrong"}}, {"at", init}, {"gives", {true, false}}})),
                 "expected true or false, found 'wrong'"));
  const std::vector<declare::KeySupport> keys{{"services.new", Support::full, ""},
                                              {"services.old", Support::no_effect, ""},
                                              {"services.map", Support::full, ""},
                                              {"services.map.key", Support::partly, ""}};
  CHECK(joined(keys_without_case(keys, {made_up("services.map.key", {})})) == "services.new");
}

}  // namespace saasctl::key_effect_test
