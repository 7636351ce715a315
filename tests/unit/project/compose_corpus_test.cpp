// `config` against the models of docker compose 5.6: tests/corpus/compose-5.6.
#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "paths.hpp"
#include "project/load.hpp"
#include "render/config.hpp"
#include "util/file.hpp"

namespace saasctl::compose_corpus_test {

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// Null and empty maps come from Go's way of writing JSON and say nothing; a path of the host is created by default.
bool says_nothing(const std::string& key, const json& value) {
  return value.is_null() || (value.is_object() && value.empty()) || (key == "create_host_path" && value == true);
}

void drop_nothing(json& value) {
  if (value.is_array()) {
    for (auto& item : value) drop_nothing(item);
  } else if (value.is_object()) {
    for (auto member = value.begin(); member != value.end();) {
      drop_nothing(*member);
      member = says_nothing(member.key(), *member) ? value.erase(member) : std::next(member);
    }
  }
}

// A secret without target is a file of its own name; only the short form prints it.
void add_targets(json& model) {
  for (auto& service : model.at("services")) {
    if (!service.contains("secrets")) continue;
    for (auto& secret : service["secrets"]) {
      if (!secret.contains("target")) secret["target"] = "/run/secrets/" + secret.at("source").get<std::string>();
    }
  }
}

json meaning_of(const std::string& text) {
  auto model = json::parse(text);
  add_targets(model);
  drop_nothing(model);
  return model;
}

}  // namespace

TEST_CASE("config prints what docker compose 5.6 prints, for every file of its corpus") {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(SAASCTL_SOURCE_DIR) / "tests/corpus/compose-5.6")) {
    if (!entry.is_directory()) continue;
    INFO(entry.path().filename());
    ++count;
    const auto loaded = project::load({.files = {entry.path() / "compose.yaml"}});
    const auto expected = read_file(entry.path() / "expected.json");
    REQUIRE(expected);
    if (!loaded) FAIL(loaded.error().message);
    auto text = render::config_model(loaded->project, declare::Mode::resolve, {}).dump();
    replace_all(text, entry.path().string(), "FOLDER");
    replace_all(text, "$$", "$");  // so that it can be read back as a Compose file
    const auto ours = meaning_of(text), theirs = meaning_of(*expected);
    INFO("from theirs to ours: " << json::diff(theirs, ours).dump(1));
    CHECK(ours == theirs);
  }
  CHECK(count >= 8);
}

}  // namespace saasctl::compose_corpus_test
