// Names in a stack file that are paths of the Engine API: nothing outside of the project is touched.
#include "services.hpp"
#include "stack.hpp"

namespace saasctl::hostile_names_test {

using namespace saasctl::test;

namespace {

// Things that do not belong to the project.
class Bystanders {
 public:
  Bystanders(const engine::Client& client, const std::string& image)
      : client_(client), name_(unique_name("bystander")), container_(client, "bystander") {
    REQUIRE(engine::create_volume(client, {{"Name", name_}}, {}));
    REQUIRE(engine::create_network(client, {{"Name", name_}}, {}));
    REQUIRE(engine::create_container(client, name_, {{"Image", image}, {"Cmd", {"sleep", "3600"}}}, {}));
    REQUIRE(engine::start_container(client, name_, {}));
  }
  Bystanders(const Bystanders&) = delete;
  Bystanders& operator=(const Bystanders&) = delete;
  ~Bystanders() {
    static_cast<void>(engine::kill_container(client_, name_, "SIGKILL", {}));
    static_cast<void>(engine::remove_container(client_, name_, {.force = true, .volumes = false}, {}));
    static_cast<void>(engine::remove_volume(client_, name_, true, {}));
    static_cast<void>(engine::remove_network(client_, name_, {}));
  }

  const std::string& name() const { return name_; }
  bool are_whole() const {
    const auto container = engine::inspect_container(client_, name_, {});
    return container && container->state.running && engine::inspect_volume(client_, name_, {}) &&
           engine::inspect_network(client_, name_, {});
  }

 private:
  const engine::Client& client_;
  std::string name_;
  ContainerName container_;
};

}  // namespace

TEST_CASE("an image that is a path of the API deletes and kills nothing") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  const Bystanders others(client, image.text());
  REQUIRE(others.are_whole());
  for (const std::string& hostile :
       {"x/../../volumes/" + others.name() + "#", "x/../../networks/" + others.name() + "#",
        "x/../../containers/" + others.name() + "/kill#", "../containers/" + others.name() + "?force=1#"}) {
    INFO(hostile);
    stack.write("services:\n  a:\n    image: \"" + hostile + "\"\n    build: .\n");
    for (const auto& verb : std::vector<std::vector<std::string>>{
             {"config"}, {"down", "--rmi", "all"}, {"push"}, {"pull"}, {"up"}, {"build"}}) {
      const auto outcome = stack.run(verb);
      INFO(outcome.err);
      CHECK(outcome.exit_code == 2);
      CHECK(contains(outcome.err, "stack.yaml:3:5: error: invalid image reference '" + hostile + "'"));
    }
    // Nor do the calls themselves, wherever a name comes from.
    CHECK(engine::remove_image(client, hostile, true, {}).error().kind == ErrorKind::usage);
    CHECK_FALSE(engine::push_image(client, hostile, {}, {}));
    CHECK(others.are_whole());
  }
}

TEST_CASE("names that need encoding reach the engine as they are") {
  const auto client = real_engine();
  for (const std::string name : {"a b", "a?b=c#d", "a%2Fb", "a/b", "ü"}) {
    INFO(name);
    const auto missing = engine::inspect_volume(client, name, {});
    REQUIRE_FALSE(missing);
    CHECK(missing.error().kind == ErrorKind::not_found);
    CHECK(contains(missing.error().message, name));
  }
}

TEST_CASE("an image that a variable leaves empty is an error of the file") {
  const auto client = real_engine();
  const Stack stack(client);
  stack.write("services:\n  a: {image: '${SAASCTL_TEST_UNSET}'}\n  b: {image: busybox}\n");
  for (const auto& verb : std::vector<std::vector<std::string>>{{"config"}, {"up", "b"}, {"down"}}) {
    const auto outcome = stack.run(verb);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(contains(outcome.err,
                   "stack.yaml:2:7: error: service 'a' has neither an image nor a build context: its image is empty"));
  }
}

}  // namespace saasctl::hostile_names_test
