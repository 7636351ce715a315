// The bundled stack: seven real services, brought up, verified, broken and mended.
#include <boost/property_tree/xml_parser.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "saas.hpp"
#include "util/http.hpp"

namespace saasctl::saas_test {

using namespace saasctl::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

// The steps of a JSON report that did not pass, by name.
std::vector<std::string> failed_steps(const std::filesystem::path& report) {
  std::vector<std::string> names;
  const auto parsed = json::parse(text_of(report));
  for (const auto& step : parsed.at("steps")) {
    if (step.at("status") != "passed") names.push_back(step.at("name"));
  }
  return names;
}

http::Response post(const std::string& url, const json& body, const std::string& token = {}) {
  http::Client client;
  http::Request request;
  request.method = "POST";
  request.url = url;
  request.headers = {{"Content-Type", "application/json"}};
  if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
  request.body = body.dump();
  auto response = client.send(request, {});
  if (!response) FAIL(response.error().message);
  return std::move(*response);
}

}  // namespace

TEST_CASE("the stack comes up healthy, verify is green, and a second up changes nothing", "[bundled]") {
  const auto client = real_engine();
  Saas saas(client);
  saas.take_images();
  saas.must({"secrets", "init"});
  const auto urls = saas.must({"up", "--wait=engine"}).out;
  CHECK(saas.healthy() == all_services);
  for (const auto* web : {"AUTH", "CHAT", "BILLING", "JAEGER", "PROMETHEUS"}) {
    CHECK(contains(urls, "  http://127.0.0.1:" + saas.variables().at(std::string(web) + "_PUBLISH") + " "));
  }
  CHECK(contains(urls, "  127.0.0.1:" + saas.variables().at("POSTGRES_PUBLISH") + " "));
  for (const auto& container : saas.containers()) {
    const auto& labels = container.labels;
    const auto service = labels.at("com.docker.compose.service");
    CHECK(container.name == saas.project() + "-" + service + "-1");
    CHECK(labels.at("com.docker.compose.oneoff") == "False");
    CHECK(labels.at("com.docker.compose.container-number") == "1");
    CHECK(labels.at("com.docker.compose.config-hash").size() == 64);
    CHECK(labels.at("com.docker.compose.project.working_dir") == saas.folder());
    CHECK(labels.at("com.docker.compose.project.config_files") == saas.file());
  }
  const auto before = saas.ids();
  const auto begun = std::chrono::steady_clock::now();
  const auto again = saas.must({"up"});
  CHECK(std::chrono::steady_clock::now() - begun < 10s);
  CHECK(contains(again.err, "nothing to change"));
  CHECK(saas.ids() == before);

  const auto report = saas.folder() / "report.json";
  const auto junit = saas.folder() / "report.xml";
  const auto verified =
      saas.run({"verify", "--report", "json=" + report.string(), "--report", "junit=" + junit.string()});
  INFO(verified.out << verified.err);
  CHECK(verified.exit_code == 0);
  const auto parsed = json::parse(text_of(report));
  CHECK(parsed.at("passed") == true);
  CHECK(parsed.at("project") == saas.project());
  CHECK(parsed.at("counts").at("passed") == parsed.at("steps").size());
  CHECK(failed_steps(report).empty());
  boost::property_tree::ptree suites;
  boost::property_tree::read_xml(junit.string(), suites);
  const auto& suite = suites.get_child("testsuites.testsuite");
  CHECK(suite.get<std::size_t>("<xmlattr>.tests") == parsed.at("steps").size());
  CHECK(suite.get<int>("<xmlattr>.failures") == 0);

  // verify made postgres anew, and nothing else.
  for (const auto& [service, id] : saas.ids()) CHECK((id == before.at(service)) == (service != "postgres"));
  CHECK(saas.healthy() == all_services);
}

TEST_CASE("what was stored is there after down and up, and gone after down --volumes", "[bundled]") {
  const auto client = real_engine();
  Saas saas(client);
  saas.bring_up();
  const auto auth = "http://127.0.0.1:" + saas.variables().at("AUTH_PUBLISH");
  const json account{{"email", "stays@example.test"}, {"password", "a password for one test"}};
  REQUIRE(post(auth + "/v1/register", account).status == 201);
  REQUIRE(post(auth + "/v1/login", account).status == 200);

  saas.must({"down"});
  CHECK(saas.containers().empty());
  CHECK(saas.volumes() == std::set<std::string>{saas.project() + "_postgres-data", saas.project() + "_redis-data"});
  saas.must({"up", "--wait=ready"});
  CHECK(post(auth + "/v1/login", account).status == 200);

  saas.must({"down", "--volumes"});
  CHECK(saas.volumes().empty());
  saas.must({"up", "--wait=ready"});
  CHECK(post(auth + "/v1/login", account).status == 401);
}

TEST_CASE("a stopped Jaeger makes verify name the checks of traces", "[bundled]") {
  const auto client = real_engine();
  const Saas saas(client);
  // Traces that never come are waited for until the step's time is over: a short plan tells the same.
  auto text = text_of(saas.file());
  text.resize(text.find("\nverify:\n"));
  saas.write(text + R"(
verify:
  - name: The plans are public
    http: billing-service/v1/plans
    expect: {status: 200}
  - name: The request for the plans is traced
    http: billing-service/v1/plans
    trace: {services: [billing-service]}
    within: 5s
)");
  saas.bring_up();
  saas.must({"verify"});
  REQUIRE(engine::stop_container(client, saas.project() + "-jaeger-1", 2s, {}));
  const auto report = saas.folder() / "report.json";
  const auto verified = saas.run({"verify", "--report", "json=" + report.string()});
  INFO(verified.out << verified.err);
  CHECK(verified.exit_code == 3);
  CHECK(failed_steps(report) == std::vector<std::string>{"The request for the plans is traced"});
  CHECK(contains(verified.out, "jaeger"));
}

TEST_CASE("a wrong JAEGER_AGENT_HOST makes verify fail in the UDP checks and in nothing else", "[bundled]") {
  const auto client = real_engine();
  const Saas saas(client);
  replace_in(saas.file(), "JAEGER_AGENT_HOST: ${JAEGER_HOST:-jaeger}", "JAEGER_AGENT_HOST: nowhere");
  saas.bring_up();
  const auto report = saas.folder() / "report.json";
  const auto verified = saas.run({"verify", "--report", "json=" + report.string()});
  INFO(verified.out << verified.err);
  CHECK(verified.exit_code == 3);
  CHECK(failed_steps(report) ==
        std::vector<std::string>{"A span sent by UDP to JAEGER_AGENT_HOST arrives from auth-service",
                                 "A span sent by UDP to JAEGER_AGENT_HOST arrives from chat-service",
                                 "A span sent by UDP to JAEGER_AGENT_HOST arrives from billing-service"});
}

TEST_CASE("secrets are in files that their owner alone reads, and nowhere else", "[bundled]") {
  const auto client = real_engine();
  const Saas saas(client);
  saas.take_images();
  saas.must({"secrets", "init"});
  const auto brought_up = saas.must({"up", "--wait=ready"});
  std::vector<std::string> secrets;
  for (const auto* name : {"postgres-password", "redis-password", "jwt-key"}) {
    const auto path = saas.folder() / "secrets" / name;
    CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::mask) == std::filesystem::perms(0600));
    secrets.push_back(text_of(path));
    CHECK(secrets.back().size() == 43);
  }
  const auto absent_from = [&](const std::string& text) {
    return std::ranges::none_of(secrets, [&](const auto& secret) { return contains(text, secret); });
  };
  CHECK(absent_from(brought_up.out));
  CHECK(absent_from(brought_up.err));
  CHECK(absent_from(saas.must({"logs"}).out));
  CHECK(absent_from(saas.must({"plan"}).out));
  for (const auto& container : saas.containers()) {
    const auto inspected = client.send({.path = engine::ApiPath("/containers") / container.id / "json"}, {});
    REQUIRE(inspected);
    CHECK(absent_from(inspected->body));
    const auto history = client.send({.path = engine::ApiPath("/images").image(container.image_id) / "history"}, {});
    REQUIRE(history);
    CHECK(absent_from(history->body));
    const auto processes = client.send(
        {.path = engine::ApiPath("/containers") / container.id / "top", .query = {{"ps_args", "auxe"}}}, {});
    REQUIRE(processes);
    CHECK(absent_from(processes->body));
  }
}

}  // namespace saasctl::saas_test
