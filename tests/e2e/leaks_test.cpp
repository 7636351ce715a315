// What commands leave on the engine, and what its labels and events tell everybody.
#include <nlohmann/json.hpp>

#include "services.hpp"
#include "stack.hpp"
#include "util/digest.hpp"

namespace saasctl::leaks_test {

using namespace saasctl::test;
using namespace std::chrono_literals;

namespace {

std::string replaced_text(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

// An image that declares a volume: every container of it gets one without a name.
class VolumeImage {
 public:
  explicit VolumeImage(const engine::Client& client) : image_(client, "volume") {
    const Context context("FROM scratch\nCOPY fixture /fixture\nVOLUME /own\nENTRYPOINT [\"/fixture\"]\n");
    const auto built = build::build_image(client, {.tags = {image_.text()}, .context = context.path()}, {}, {});
    if (!built) FAIL(built.error().message);
  }
  const std::string& text() const { return image_.text(); }

 private:
  ImageName image_;
};

// Everything on the engine but build caches: "volume NAME", "container NAME", "network NAME", "image TAG".
std::set<std::string> inventory(const engine::Client& client) {
  std::set<std::string> all;
  const auto volumes = engine::list_volumes(client, {}, {});
  const auto containers = engine::list_containers(client, {}, {});
  const auto networks = engine::list_networks(client, {}, {});
  const auto images = engine::list_images(client, {}, {});
  REQUIRE((volumes && containers && networks && images));
  for (const auto& volume : *volumes) all.insert("volume " + volume.name);
  for (const auto& container : *containers) all.insert("container " + container.name);
  for (const auto& network : *networks) all.insert("network " + network.name);
  for (const auto& image : *images) {
    for (const auto& tag : image.tags) all.insert("image " + tag);
  }
  return all;
}

// What has come since.
std::vector<std::string> left_since(const std::set<std::string>& before, const engine::Client& client) {
  std::vector<std::string> left;
  for (const auto& thing : inventory(client)) {
    if (!before.contains(thing)) left.push_back(thing);
  }
  return left;
}

std::string stack_of(const std::string& image, const std::string& level) {
  return "services:\n" +
         sleeper("web", image,
                 "    secrets: [pw]\n    environment: {LEVEL: " + level +
                     "}\n    volumes: [data:/data, /cache]\n    deploy: {replicas: 1}\n") +
         "volumes: {data: }\nsecrets: {pw: {file: pw}}\n";
}

}  // namespace

TEST_CASE("no command leaves a container, network, volume or image that down --volumes does not find") {
  const auto client = real_engine();
  const VolumeImage image(client);
  const auto before = inventory(client);
  using Verb = std::vector<std::string>;
  const std::vector<std::pair<std::string, std::vector<Verb>>> commands{
      {"up", {{"up"}}},
      {"up again with a change", {{"up"}, {"change"}, {"up"}}},
      {"up --force-recreate, twice", {{"up"}, {"up", "--force-recreate"}, {"up", "--force-recreate"}}},
      {"up --renew-anon-volumes", {{"up"}, {"up", "--force-recreate", "--renew-anon-volumes"}}},
      {"up --on-failure rollback", {{"up"}, {"break"}, {"up", "--on-failure", "rollback"}}},
      {"create", {{"create"}}},
      {"scale", {{"up"}, {"scale", "web=3"}, {"scale", "web=1"}}},
      {"run --rm", {{"run", "--rm", "-T", "web", "print", "a"}, {"run", "--rm", "-T", "web", "print", "b"}}},
      {"run", {{"run", "-T", "web", "print", "a"}}},
      {"restart and rm", {{"up"}, {"restart", "-t", "0"}, {"rm", "-fsv"}}},
      {"cp", {{"up"}, {"cp", "web:/fixture", "copied"}}},
  };
  for (const auto& [title, verbs] : commands) {
    const Stack stack(client, "leaks");
    write_file(stack.folder() / "pw", "hunter2");
    stack.write(stack_of(image.text(), "info"));
    for (auto verb : verbs) {
      if (verb.front() == "change") {
        stack.write(stack_of(image.text(), "debug"));
      } else if (verb.front() == "break") {
        stack.write(replaced_text(stack_of(image.text(), "debug"), "[sleep, '3600']", "[fail, '7']"));
      } else {
        if (verb.front() == "cp") verb.back() = (stack.folder() / "copied").string();
        const auto done = stack.run(verb);
        INFO(title << ": " << done.err);
        CHECK((done.exit_code == 0 || title.ends_with("rollback")));
      }
    }
    stack.must({"down", "--volumes", "--remove-orphans", "-t", "0"});
    INFO(title);
    CHECK(left_since(before, client) == std::vector<std::string>{});
  }
}

TEST_CASE("a password of the environment and a secret are in no label, no list and no event of the engine") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client, "labels");
  const auto text = [&](const std::string& password) {
    return "services:\n" +
           sleeper("web", image.text(),
                   "    environment: {DB_PASSWORD: " + password +
                       "}\n    env_file: [more.env]\n    secrets: [pw]\n    configs: [{source: c, target: /c}]\n") +
           "secrets: {pw: {file: pw}}\nconfigs: {c: {content: inconfig77}}\n";
  };
  write_file(stack.folder() / "pw", "insecret77");
  write_file(stack.folder() / "more.env", "TOKEN=infile77\n");
  stack.write(text("inyaml77"));
  const auto since =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  stack.must({"up"});
  const auto same = stack.must({"plan"});
  CHECK(contains(same.out, "nothing to do"));
  stack.write(text("another77"));
  const auto plan = stack.must({"plan"});
  CHECK(contains(plan.out, "web: recreate: environment.DB_PASSWORD changed"));
  stack.must({"up"});
  std::string seen = plan.out + plan.err;
  for (const auto& container : stack.containers()) {
    for (const auto& [name, value] : container.labels) seen += name + "=" + value + "\n";
  }
  const auto volumes = engine::list_volumes(client, {stack.label()}, {}).value();
  const auto networks = engine::list_networks(client, {stack.label()}, {}).value();
  for (const auto& volume : volumes) {
    seen += volume.name + "\n";
    for (const auto& [name, value] : volume.labels) seen += name + "=" + value + "\n";
  }
  for (const auto& network : networks) {
    for (const auto& [name, value] : network.labels) seen += name + "=" + value + "\n";
  }
  seen += stack.must({"events", "--json", "--since", std::to_string(since.count()), "--until", "0s"}).out;
  INFO(seen);
  CHECK(contains(seen, "saasctl.model"));
  for (const std::string value : {"inyaml77", "another77", "infile77", "insecret77", "inconfig77"}) {
    CHECK_FALSE(contains(seen, value));
    const auto digest = sha256_hex("saasctl content\npw\n" + value);
    CHECK_FALSE(contains(seen, digest.substr(0, 8)));
  }
}

TEST_CASE("up --no-recreate after a secret has changed leaves the container and its secrets alone") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client, "kept-secret");
  write_file(stack.folder() / "pw", "one");
  stack.write("services:\n" + sleeper("web", image.text(), "    secrets: [pw]\n") + "secrets: {pw: {file: pw}}\n");
  stack.must({"up"});
  const auto ids = stack.ids();
  const auto volumes = stack.volumes();
  write_file(stack.folder() / "pw", "two");
  for (int i = 0; i < 2; ++i) {
    stack.must({"up", "--no-recreate"});
    CHECK(stack.ids() == ids);
    CHECK(stack.volumes() == volumes);
  }
  stack.must({"up"});
  CHECK(stack.ids() != ids);
  CHECK(stack.volumes().size() == 1);
  CHECK(stack.volumes() != volumes);
}

}  // namespace saasctl::leaks_test
