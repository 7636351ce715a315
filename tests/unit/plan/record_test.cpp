// What the label of a container or network records, and what a plan can still tell from it.
#include "plan/record.hpp"

#include "plan/labels.hpp"
#include "plan/model_diff.hpp"
#include "planned.hpp"
#include "project/model.hpp"

namespace saasctl::record_test {

using namespace saasctl::plan;
using namespace saasctl::test;
using project::Json;

namespace {

constexpr auto salt = "00112233445566778899aabbccddeeff";

// One service `web` of these keys.
std::string web(const std::string& keys) {
  return "name: shop\nservices:\n  web: {image: \"web:1\", " + keys + "}\n";
}

project::Project load(const std::string& text, const std::map<std::string, std::string>& variables = {}) {
  yaml::Variables environment(variables.begin(), variables.end());
  return project::ProjectFiles(project::Files{{"stack.yaml", text}, {"pw", "hunter2"}}).project(environment);
}

std::string record_of(const project::Project& project) {
  return write_record(project, project.services.front().model, salt);
}

std::string cause(const std::string& before, const std::string& now, const Json* inspected = nullptr) {
  const auto project = load(web(now));
  return cause_of_change(record_of(load(web(before))), project.services.front().model, inspected).text;
}

}  // namespace

TEST_CASE("a record holds no value of a variable, a label, a command or a secret") {
  const auto project = load(
      "name: shop\nservices:\n  web:\n    image: \"web:1\"\n    environment: {DB_PASSWORD: hunter2, LEVEL: hunter2}\n"
      "    labels: {a: hunter2}\n    annotations: {a: hunter2}\n    command: [serve, hunter2]\n"
      "    entrypoint: [run, hunter2]\n    healthcheck: {test: [CMD, check, hunter2]}\n"
      "    logging: {driver: x, options: {token: hunter2}}\n    extra_hosts: [\"${SECRET_HOST}:10.0.0.1\"]\n"
      "    working_dir: /srv/${SECRET_HOST}\n    secrets: [pw]\n"
      "secrets: {pw: {file: pw}}\n",
      {{"SECRET_HOST", "topsecret"}});
  const auto record = record_of(project);
  INFO(record);
  CHECK(record.find("hunter2") == std::string::npos);
  CHECK(record.find("topsecret") == std::string::npos);
  const auto digest = project::content_digest("pw", "hunter2");
  CHECK(record.find(digest.substr(0, 8)) == std::string::npos);
  CHECK(is_unchanged(record, project.services.front().model));
}

TEST_CASE("a record keeps what a plan shows: limits, ports, the image") {
  const auto project =
      load(web("ports: [\"${PORT}:80\"], deploy: {resources: {limits: {memory: 128M}}}"), {{"PORT", "8080"}});
  const auto record = record_of(project);
  CHECK(record.find("128M") != std::string::npos);
  CHECK(record.find("8080") != std::string::npos);
  CHECK(record.find("web:1") != std::string::npos);
}

TEST_CASE("two containers with equal secrets have records without a common digest") {
  const auto project = load(web("environment: {PASSWORD: hunter2}"));
  const auto& model = project.services.front().model;
  const auto one = read_record(write_record(project, model, salt_for("entropy", "a")));
  const auto other = read_record(write_record(project, model, salt_for("entropy", "b")));
  REQUIRE(one);
  REQUIRE(other);
  CHECK(one->model["environment"]["PASSWORD"] != other->model["environment"]["PASSWORD"]);
}

TEST_CASE("a record tells what has changed, without values") {
  CHECK(cause("environment: {DB_PASSWORD: one, A: b}", "environment: {DB_PASSWORD: two, A: b}") ==
        "environment.DB_PASSWORD changed");
  CHECK(cause("environment: {LEVEL: info}", "environment: {LEVEL: debug}") == "environment.LEVEL changed");
  CHECK(cause("environment: {A: b}", "environment: {A: b, B: c}") == "environment.B c added");
  CHECK(cause("environment: {A: b, B: c}", "environment: {A: b}") == "environment.B removed");
  CHECK(cause("command: [a, b]", "command: [a, c]") == "command changed");
  CHECK(cause("deploy: {resources: {limits: {memory: 128M}}}", "deploy: {resources: {limits: {memory: 256M}}}") ==
        "deploy.resources.limits.memory 128M → 256M");
  CHECK(cause("environment: {A: b}", "environment: {A: b}") == "order of keys");
}

TEST_CASE("harmless values are shown again where the engine has them, and secret ones are not") {
  const Json inspected = {{"Config", {{"Env", {"LEVEL=info", "DB_PASSWORD=one"}}, {"Cmd", {"a", "b"}}}}};
  CHECK(cause("environment: {LEVEL: info}", "environment: {LEVEL: debug}", &inspected) ==
        "environment.LEVEL info → debug");
  CHECK(cause("environment: {DB_PASSWORD: one}", "environment: {DB_PASSWORD: two}", &inspected) ==
        "environment.DB_PASSWORD changed");
  CHECK(cause("environment: {LEVEL: another}", "environment: {LEVEL: debug}", &inspected) ==
        "environment.LEVEL changed");
  CHECK(cause("command: [a, b]", "command: [a, c]", &inspected) == R"(command ["a","b"] → ["a","c"])");
}

TEST_CASE("a value that a variable brought in may later stand in the file, and the other way round") {
  const auto from_variable = load(web("working_dir: \"${FOLDER}\""), {{"FOLDER", "/srv/data"}});
  const auto written = load(web("working_dir: /srv/data"));
  CHECK(is_unchanged(record_of(from_variable), written.services.front().model));
  CHECK(is_unchanged(record_of(written), from_variable.services.front().model));
}

TEST_CASE("the plain record of an earlier version is read, with the short digests it has") {
  const auto project = load(
      "name: shop\nservices:\n  web: {image: \"web:1\", environment: {A: b}, secrets: [pw]}\n"
      "secrets: {pw: {file: pw}}\n");
  auto old = project.services.front().model;
  auto& digest = old["secrets"][0]["digest"];
  digest = digest.get<std::string>().substr(0, 8);
  CHECK(is_unchanged(old.dump(), project.services.front().model));
  digest = "00000000";
  CHECK_FALSE(is_unchanged(old.dump(), project.services.front().model));
  CHECK(cause_of_change(old.dump(), project.services.front().model).text == "secrets[/run/secrets/pw] changed");
}

TEST_CASE("a label that is no record calls for a new container") {
  for (const auto* text : {"{", "[]", "5", R"({"salt":1,"model":{}})", R"({"salt":"a","model":[]})"}) {
    INFO(text);
    CHECK_FALSE(is_unchanged(text, {{"image", "x"}}));
    CHECK(cause_of_change(text, {{"image", "x"}}).text == "its recorded model is unreadable");
  }
}

TEST_CASE("the hash in the labels of a container is that of the record, not of its values") {
  const auto project = load(web("environment: {PASSWORD: hunter2}"));
  const auto& service = project.services.front();
  const auto one = container_body(project, service, {}, salt_for("one", "")).body["Labels"];
  const auto other = container_body(project, service, {}, salt_for("other", "")).body["Labels"];
  const std::string hash(label::config_hash);
  CHECK(one[hash] != other[hash]);
  CHECK(one[hash] != service.hash);
}

TEST_CASE("the name of a secret's volume says nothing about the content, which its label digests under a salt") {
  const auto project = load_shop(two_services, "hunter2");
  const auto& db = *project.find("db");
  ObservedState observed;
  observed.entropy = "one";
  const auto first = secret_volumes(project, db, {"sha256:db", ""}, observed).at(0);
  observed.entropy = "two";
  const auto second = secret_volumes(project, db, {"sha256:db", ""}, observed).at(0);
  CHECK(first.name != second.name);
  CHECK(first.digest != second.digest);
  observed.secret_digests[first.name] = first.digest;
  const auto again = secret_volumes(project, db, {"sha256:db", ""}, observed).at(0);
  CHECK(again.name == first.name);
  CHECK_FALSE(again.filled);
  const auto changed = load_shop(two_services, "another");
  CHECK(secret_volumes(changed, *changed.find("db"), {"sha256:db", ""}, observed).at(0).name == second.name);
}

}  // namespace saasctl::record_test
