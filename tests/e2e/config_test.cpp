// `saasctl config` against the real `docker compose config`, over the files of tests/corpus/compose.
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "compose_image.hpp"
#include "engine/logs.hpp"
#include "paths.hpp"
#include "stack.hpp"
#include "util/text.hpp"

namespace saasctl::config_test {

using namespace saasctl::test;
using namespace std::chrono_literals;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

// What the corpus expects of the environment; what it calls CORPUS_NOWHERE is not set.
const Variables corpus_variables{{"CORPUS_SET", "from-shell"}, {"CORPUS_EMPTY", ""}, {"HOME", "/home/corpus"}};

// A file of its own, or a folder with everything that belongs to the case: the files are then found as Compose finds
// them, with the options of its file `arguments` before the verb.
struct Case {
  std::string name;
  fs::path folder;
  std::string arguments;
};

std::vector<Case> cases_of(const fs::path& root) {
  std::vector<Case> cases;
  for (const auto& entry : fs::directory_iterator(root)) {
    const auto name = entry.path().filename().string();
    if (entry.path().extension() == ".yaml") {
      cases.push_back({name, root, "-f " + name});
    } else if (entry.is_directory() && name != "companions" && name != "refused") {
      auto arguments = text_of(entry.path() / "arguments");
      std::erase(arguments, '\n');
      cases.push_back({name, entry.path(), arguments});
    }
  }
  std::ranges::sort(cases, {}, &Case::name);
  return cases;
}

// A copy of the corpus, where the engine can mount it from: it need not see the folder of the sources.
class Corpus {
 public:
  Corpus() { fs::copy(fs::path(SAASCTL_SOURCE_DIR) / "tests/corpus/compose", path(), fs::copy_options::recursive); }

  fs::path path() const { return folder_.path() / "compose"; }

 private:
  TemporaryFolder folder_;
};

Outcome ours(const Case& one, const std::string& format) {
  // `env -C` is the folder the tool stands in.
  std::vector<std::string> words{"env", "-C", one.folder.string(), SAASCTL_PROGRAM};
  std::istringstream arguments(one.arguments);
  for (std::string word; arguments >> word;) words.push_back(word);
  for (const auto* word : {"config", "--format", format.c_str()}) words.emplace_back(word);
  auto result = run_process(words, {.environment = corpus_variables, .timeout = 1min}, {});
  if (!result) FAIL(result.error().message);
  return {result->exit_code, std::move(result->standard_output), std::move(result->standard_error)};
}

// One container in which the real one reads many cases: starting a container for each would take minutes. NUMBER.json,
// .code and .err are what it makes of the case; .again and .again.err of NUMBER.yaml, which is what we made of it.
constexpr auto script = R"(set -f
while IFS='|' read -r number folder arguments; do
  cd "$folder" || exit 1
  docker compose $arguments config --format json >/out/$number.json 2>/out/$number.err
  echo $? >/out/$number.code
  [ -f /out/$number.yaml ] || continue
  docker compose -f /out/$number.yaml --profile '*' config --format json >/out/$number.again 2>/out/$number.again.err
done </out/cases)";

class Reference {
 public:
  Reference(const engine::Client& client, const Corpus& corpus, const std::vector<Case>& cases) : corpus_(corpus) {
    std::string list;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      list += std::to_string(i) + "|" + cases[i].folder.string() + "|" + cases[i].arguments + "\n";
    }
    test::write_file(out_.path() / "cases", list);
    build_compose_image(client);
  }

  // 2.26 reads the mode of a file as a number only.
  void give(std::size_t number, const std::string& yaml) const {
    static const std::regex mode("mode: \"(0[0-7]+)\"");
    test::write_file(file(number, "yaml"), std::regex_replace(yaml, mode, "mode: $1"));
  }

  void run(const engine::Client& client) const {
    const ContainerName name(client, "config");
    json environment = json::array();
    for (const auto& [variable, value] : corpus_variables) environment.push_back(variable + "=" + value);
    const auto files = corpus_.path().string();
    const json binds{files + ":" + files + ":ro", out_.path().string() + ":/out"};
    const json body{{"Image", compose_image},
                    {"Entrypoint", {"sh", "-c", script}},
                    {"Env", environment},
                    {"NetworkDisabled", true},
                    {"HostConfig", {{"Binds", binds}}}};
    REQUIRE(engine::create_container(client, name.text(), body, {}));
    REQUIRE(engine::start_container(client, name.text(), {}));
    const auto ended = engine::wait_container(client, name.text(), engine::WaitCondition::not_running, 10min, {});
    REQUIRE(ended);
    REQUIRE(ended->exit_code == 0);
  }

  int exit_code(std::size_t number) const { return std::stoi(text_of(file(number, "code"))); }
  std::string text(std::size_t number, const std::string& what) const { return text_of(file(number, what)); }

 private:
  fs::path file(std::size_t number, const std::string& extension) const {
    return out_.path() / (std::to_string(number) + "." + extension);
  }

  const Corpus& corpus_;
  TemporaryFolder out_;
};

bool says_nothing(const std::string& key, const json& value) {
  return key.starts_with("x-") || value.is_null() || (value.is_object() && value.empty());
}

void without_nothing(json& value) {
  if (value.is_array()) {
    for (auto& item : value) without_nothing(item);
  } else if (value.is_object()) {
    for (auto& item : value) without_nothing(item);
    for (auto item = value.begin(); item != value.end();) {
      item = says_nothing(item.key(), *item) ? value.erase(item) : std::next(item);
    }
  }
}

// The real one doubles dollar signs in keys as well, where it replaces no variables: what it prints is not what it
// read.
json with_keys_as_read(const json& value) {
  if (!value.is_structured()) return value;
  json out = value.is_array() ? json::array() : json::object();
  for (const auto& [key, item] : value.items()) {
    if (value.is_array()) {
      out.push_back(with_keys_as_read(item));
      continue;
    }
    auto name = key;
    for (auto at = name.find("$$"); at != std::string::npos; at = name.find("$$", at + 1)) name.erase(at, 1);
    out[name] = with_keys_as_read(item);
  }
  return out;
}

json with_lower_case_keys(const json& value) {
  if (!value.is_structured()) return value;
  json out = value.is_array() ? json::array() : json::object();
  for (const auto& [key, item] : value.items()) {
    if (value.is_array()) {
      out.push_back(with_lower_case_keys(item));
    } else {
      out[to_lower(key)] = with_lower_case_keys(item);
    }
  }
  return out;
}

// A service without the ways of speaking in which two equal ones may differ.
void settle_service(json& service) {
  // The order of hosts means nothing; the real one sorts them.
  if (service.contains("extra_hosts")) std::sort(service["extra_hosts"].begin(), service["extra_hosts"].end());
  // One number stands for soft and hard (Compose specification, 05-services.md, "ulimits").
  const auto settle_ulimits = [](json& owner) {
    if (!owner.contains("ulimits")) return;
    for (auto& limit : owner["ulimits"]) {
      if (limit.is_number()) limit = {{"soft", limit}, {"hard", limit}};
    }
  };
  settle_ulimits(service);
  if (service.contains("build")) settle_ulimits(service["build"]);
  // A secret is a file of its own name unless it says otherwise (05-services.md, "secrets"); the real one writes that
  // name only for the short form.
  if (service.contains("secrets")) {
    for (auto& secret : service["secrets"]) {
      if (!secret.contains("target")) secret["target"] = "/run/secrets/" + secret["source"].get<std::string>();
    }
  }
  // Newer versions print the mode of a file in octal, as we do.
  for (const auto* key : {"secrets", "configs"}) {
    if (!service.contains(key)) continue;
    for (auto& grant : service[key]) {
      if (grant.contains("mode") && grant["mode"].is_string())
        grant["mode"] = std::stoi(grant["mode"].get<std::string>(), nullptr, 8);
    }
  }
  // 2.26 prints an explicit false as nothing, which newer ones read as true.
  if (service.contains("volumes")) {
    for (auto& mount : service["volumes"]) {
      if (mount.contains("bind") && mount["bind"].value("create_host_path", true) == false)
        mount["bind"].erase("create_host_path");
    }
  }
  // Without limit is -1; as the text "-1" the real one prints it but does not read it.
  if (service.contains("memswap_limit") && service["memswap_limit"] == -1) service["memswap_limit"] = "-1";
  // The JSON (not the YAML) of 2.26 has the keys of these as Go's fields are called.
  if (service.contains("blkio_config")) service["blkio_config"] = with_lower_case_keys(service["blkio_config"]);
}

// What two equal models may differ in, removed: each with its reason.
json meaning_of(const std::string& text) {
  auto model = json::parse(text, nullptr, false);
  if (model.is_discarded()) return text;
  if (model.contains("services")) {
    for (auto& service : model["services"]) {
      settle_service(service);
      // A variable without value is one that is not set, and null there does not mean nothing.
      if (service.contains("environment")) {
        for (auto& value : service["environment"]) value = value.is_null() ? json("(not set)") : value;
      }
      // A service is on a network although nothing more is said of it.
      if (!service.contains("networks")) continue;
      for (auto& use : service["networks"]) {
        if (use.is_null()) use = "(joined)";
      }
    }
  }
  // Keys whose value is null or an empty map ("entrypoint": null, "ipam": {}) come from Go's way of writing JSON and
  // say nothing; x- keys have no effect, and we do not print them.
  without_nothing(model);
  return model;
}

// A folder with a Compose file that has one of everything, and the tool in it.
class Folder {
 public:
  Folder() {
    test::write_file(folder_.path() / "compose.yaml", R"(name: shop
services:
  web:
    image: "nginx:${TAG:-1}"
    depends_on: [db]
    networks: [front]
    environment: {MODE: "${MODE:?say how}", EXTRA: "${EXTRA:+more}"}
  db:
    image: postgres
    volumes: ["data:/data"]
  debug:
    build: .
    profiles: [debug]
networks: {front: }
volumes: {data: , unused: }
)");
    test::write_file(folder_.path() / ".env", "MODE=fast\n");
  }

  fs::path path(const std::string& name) const { return folder_.path() / name; }

  Outcome run(std::vector<std::string> words) const {
    words.insert(words.begin(), {"-f", path("compose.yaml").string(), "config"});
    return run_tool(words);
  }

  std::string out(const std::vector<std::string>& words) const {
    const auto outcome = run(words);
    INFO(outcome.err);
    REQUIRE(outcome.exit_code == 0);
    return outcome.out;
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("config lists one kind of thing a line, or as JSON") {
  const Folder folder;
  CHECK(folder.out({"--services"}) == "db\nweb\n");
  CHECK(folder.out({"--images"}) == "nginx:1\npostgres\n");
  CHECK(folder.out({"--volumes"}) == "data\n");
  CHECK(folder.out({"--networks"}) == "default\nfront\n");
  CHECK(folder.out({"--profiles"}) == "debug\n");
  CHECK(json::parse(folder.out({"--services", "--format", "json"})) == json{"db", "web"});
}

TEST_CASE("config of a service is that service and what it depends on") {
  const Folder folder;
  CHECK(folder.out({"--services", "db"}) == "db\n");
  CHECK(folder.out({"--services", "web"}) == "db\nweb\n");
  CHECK(folder.run({"wob"}).exit_code == 2);
}

TEST_CASE("config names the variables of the file, and what they are replaced from") {
  const Folder folder;
  CHECK(folder.out({"--variables"}) ==
        "NAME   REQUIRED  DEFAULT VALUE  ALTERNATE VALUE\nEXTRA  false                    more\n"
        "MODE   true\nTAG    false     1\n");
  CHECK(contains("\n" + folder.out({"--environment"}), "\nMODE=fast\n"));
}

TEST_CASE("config prints hashes that change with the service") {
  const Folder folder;
  const auto before = folder.out({"--hash", "*"});
  CHECK(folder.out({"--hash", "web"}).size() == std::string("web \n").size() + 64);
  replace_in(folder.path("compose.yaml"), "image: postgres", "image: postgres:16");
  const auto after = folder.out({"--hash", "*"});
  CHECK(before != after);
  CHECK(contains(after, folder.out({"--hash", "web"})));
  CHECK(contains(before, folder.out({"--hash", "web"})));
}

TEST_CASE("config can leave variables as they are, say nothing, or write to a file") {
  const Folder folder;
  CHECK(contains(folder.out({"--no-interpolate"}), "nginx:${TAG:-1}"));
  CHECK(folder.out({"--quiet"}).empty());
  const auto text = folder.out({});
  CHECK(folder.out({"-o", folder.path("out.yaml").string()}).empty());
  CHECK(text_of(folder.path("out.yaml")) == text);
}

TEST_CASE("config prints what docker compose config prints, for every file of the corpus") {
  const auto client = real_engine();
  const Corpus corpus;
  const auto cases = cases_of(corpus.path());
  REQUIRE(cases.size() >= 120);
  const Reference reference(client, corpus, cases);
  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    outcomes.push_back(ours(cases[i], "json"));
    reference.give(i, ours(cases[i], "yaml").out);
  }
  reference.run(client);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    INFO(cases[i].name << "\n" << outcomes[i].err << reference.text(i, "err"));
    CHECK(reference.exit_code(i) == 0);
    CHECK(outcomes[i].exit_code == 0);
    const auto theirs = with_keys_as_read(meaning_of(reference.text(i, "json")));
    const auto mine = meaning_of(outcomes[i].out);
    INFO("from theirs to ours: " << json::diff(theirs, mine).dump(1));
    CHECK(mine == theirs);
    // Our YAML, read by the real one, means the same again.
    const auto again = with_keys_as_read(meaning_of(reference.text(i, "again")));
    INFO("our YAML, read by the real one: " << reference.text(i, "again.err") << json::diff(theirs, again).dump(1));
    CHECK(again == theirs);
  }
}

TEST_CASE("config refuses what docker compose config refuses") {
  const auto client = real_engine();
  const Corpus corpus;
  const auto cases = cases_of(corpus.path() / "refused");
  REQUIRE(cases.size() >= 30);
  const Reference reference(client, corpus, cases);
  reference.run(client);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto outcome = ours(cases[i], "json");
    INFO(cases[i].name << "\nours: " << outcome.err << "theirs: " << reference.text(i, "err"));
    CHECK(reference.exit_code(i) != 0);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.out.empty());
  }
}

}  // namespace saasctl::config_test
