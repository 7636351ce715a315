#include "common/core/settings.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include "common/core/service_settings.hpp"
#include "tests/catch.hpp"

using namespace saasctl::services;

namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

Settings settings_of(Variables variables) {
  return Settings([variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content)
      : path_(std::filesystem::temp_directory_path() / ("service_tests-" + std::to_string(std::random_device()()))) {
    std::ofstream(path_) << content;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("All missing variables are named at once", "[settings]") {
  Settings settings = settings_of({});
  (void)read_service_settings(settings, "auth-service", 3001);
  CHECK(settings.problems() == std::vector<std::string>{"DATABASE_HOST is not set", "DATABASE_PASSWORD_FILE is not set",
                                                        "REDIS_HOST is not set"});
}

TEST_CASE("What is not set has the documented default", "[settings]") {
  const TemporaryFile password("geheim\n");
  Settings settings = settings_of({{"DATABASE_HOST", "postgres"},
                                   {"REDIS_HOST", "redis"},
                                   {"DATABASE_PASSWORD_FILE", password.path()},
                                   {"PORT", ""}});
  const ServiceSettings service = read_service_settings(settings, "auth-service", 3001);
  CHECK(settings.problems().empty());
  CHECK(service.port == 3001);
  CHECK(service.database.port == 5432);
  CHECK(service.database.name == "saas");
  CHECK(service.database.user == "saas");
  CHECK(service.database.password.reveal() == "geheim");
  CHECK(service.redis.port == 6379);
  CHECK(service.redis.password.empty());
  CHECK(service.tracing.service_name == "auth-service");
  CHECK_FALSE(service.tracing.otlp);
  CHECK_FALSE(service.tracing.agent);
}

TEST_CASE("Tracing variables have OpenTelemetry's meaning", "[settings]") {
  Settings settings = settings_of({{"OTEL_SERVICE_NAME", "mine"},
                                   {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://jaeger:4318"},
                                   {"JAEGER_AGENT_HOST", "jaeger"}});
  const TracingSettings tracing = read_tracing_settings(settings, "auth-service");
  CHECK(tracing.service_name == "mine");
  REQUIRE(tracing.otlp);
  CHECK(tracing.otlp->text() == "http://jaeger:4318/v1/traces");
  REQUIRE(tracing.agent);
  CHECK(tracing.agent->host == "jaeger");
  CHECK(tracing.agent->port == 6831);
}

TEST_CASE("Numbers outside their bounds are problems that say what was expected", "[settings]") {
  Settings settings = settings_of({{"PORT", "70000"}, {"N", "12x"}});
  CHECK(settings.port("PORT", 1) == 1);
  CHECK(settings.number("N", 5, 1, 10) == 5);
  CHECK(settings.problems() == std::vector<std::string>{"PORT is '70000', expected a number from 1 to 65535",
                                                        "N is '12x', expected a number from 1 to 10"});
}

TEST_CASE("A required secret must be there and hold something, an optional one need not", "[settings]") {
  const TemporaryFile empty("\n");
  Settings settings = settings_of({{"EMPTY", empty.path()}, {"GONE", "/nowhere/at/all"}, {"FOLDER", "/tmp"}});
  CHECK(settings.secret("EMPTY").empty());
  CHECK(settings.secret("GONE").empty());
  CHECK(settings.secret("UNSET").empty());
  CHECK(settings.problems().empty());
  CHECK(settings.required_secret("EMPTY").empty());
  CHECK(settings.required_secret("GONE").empty());
  CHECK(settings.problems() == std::vector<std::string>{"EMPTY names '" + empty.path() + "', which is absent or empty",
                                                        "GONE names '/nowhere/at/all', which is absent or empty"});
}
