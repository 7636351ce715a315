#include "commands/listing.hpp"
#include <cmath>

#include "catch.hpp"
#include "engine/container_stats.hpp"
#include "logs/log_lines.hpp"

namespace saasctl::listing_test {

using namespace saasctl::commands;
using namespace std::chrono_literals;

namespace {

engine::ContainerSummary web() {
  engine::ContainerSummary container;
  container.id = "0123456789abcdef";
  container.name = "shop-web-2";
  container.image = "web:1";
  container.state = "running";
  container.status = "Up 3 minutes (healthy)";
  container.labels = {{"com.docker.compose.project", "shop"}, {"com.docker.compose.service", "web"}};
  container.ports = {{"80/tcp", "0.0.0.0", 8080}, {"80/tcp", "::", 8080}, {"53/udp", "::1", 53}, {"9000/tcp", "", 0}};
  container.created = engine::Timestamp(1'700'000'000s);
  container.command = "serve";
  container.networks = {"shop_default"};
  container.mounts = {{"volume", "shop_data", "/v", "/data", false}, {"bind", "", "/srv", "/srv", true}};
  return container;
}

engine::Timestamp at(std::chrono::nanoseconds time) {
  return engine::Timestamp(1'700'000'000s + time);
}

}  // namespace

TEST_CASE("a row of ps has the fields that docker compose gives it") {
  const auto row = ps_row(web(), engine::Timestamp(1'700'000'000s) + 200s);
  CHECK(row.dump() ==
        R"x({"ID":"0123456789abcdef","Name":"shop-web-2","Service":"web","Project":"shop","Image":"web:1",)x"
        R"x("Command":"serve","State":"running","Health":"healthy","ExitCode":0,"Status":"Up 3 minutes (healthy)",)x"
        R"x("CreatedAt":"2023-11-14 22:13:20 +0000 UTC","RunningFor":"3 minutes ago",)x"
        R"x("Ports":"0.0.0.0:8080->80/tcp, 9000/tcp, [::1]:53->53/udp","Publishers":[)x"
        R"x({"URL":"0.0.0.0","TargetPort":80,"PublishedPort":8080,"Protocol":"tcp"},)x"
        R"x({"URL":"::","TargetPort":80,"PublishedPort":8080,"Protocol":"tcp"},)x"
        R"x({"URL":"::1","TargetPort":53,"PublishedPort":53,"Protocol":"udp"},)x"
        R"x({"URL":"","TargetPort":9000,"PublishedPort":0,"Protocol":"tcp"}],)x"
        R"x("Networks":"shop_default","Mounts":"shop_data"})x");
}

TEST_CASE("health and exit code are read out of the engine's sentence") {
  auto container = web();
  container.status = "Up 1 second (health: starting)";
  CHECK(health_of(container) == "starting");
  container.status = "Up 2 hours (unhealthy)";
  CHECK(health_of(container) == "unhealthy");
  container.status = "Exited (137) 2 hours ago";
  CHECK(health_of(container).empty());
  CHECK(exit_code_of(container) == 137);
  container.status = "Created";
  CHECK(exit_code_of(container) == 0);
}

TEST_CASE("durations are said as docker says them") {
  const std::vector<std::pair<std::chrono::seconds, std::string>> cases{
      {0s, "Less than a second"}, {1s, "1 second"},      {59s, "59 seconds"},   {60s, "About a minute"},
      {120s, "2 minutes"},        {59min, "59 minutes"}, {1h, "About an hour"}, {2h, "2 hours"},
      {47h, "47 hours"},          {48h, "2 days"},       {24h * 14, "2 weeks"}, {24h * 60, "2 months"},
      {24h * 800, "2 years"}};
  for (const auto& [duration, text] : cases) CHECK(human_duration(duration) == text);
}

TEST_CASE("a log that is read on gives every line once") {
  logs::LogCursor cursor;
  CHECK_FALSE(cursor.since());
  CHECK(cursor.fresh(at(1ns)));
  CHECK(cursor.fresh(at(2ns)));
  CHECK(cursor.fresh(at(2ns)));
  CHECK(cursor.since() == at(2ns));
  cursor.reopen();
  CHECK_FALSE(cursor.fresh(at(1ns)));  // an engine may begin at the whole second
  CHECK_FALSE(cursor.fresh(at(2ns)));
  CHECK_FALSE(cursor.fresh(at(2ns)));
  CHECK(cursor.fresh(at(2ns)));  // a third line of that nanosecond, written since
  CHECK(cursor.fresh(at(3ns)));
  cursor.reopen();
  CHECK_FALSE(cursor.fresh(at(3ns)));
  CHECK(cursor.fresh(at(5ns)));
  CHECK(cursor.fresh(at(4ns)));  // stdout and stderr overtake each other
  CHECK(cursor.since() == at(5ns));
  CHECK(cursor.fresh(std::nullopt));
}

TEST_CASE("moments are read as docker reads them") {
  const auto now = at(0ns);
  CHECK(logs::parse_moment("10m", now) == now - 10min);
  CHECK(logs::parse_moment("1h30m", now) == now - 90min);
  CHECK(logs::parse_moment("0s", now) == now);
  CHECK(logs::parse_moment("2023-11-14T22:13:20Z", now) == now);
  CHECK(logs::parse_moment("2023-11-15T00:13:20+02:00", now) == now);
  CHECK(logs::parse_moment("1700000000", now) == now);
  CHECK(logs::parse_moment("1700000000.5", now) == now + 500ms);
  const auto local = logs::parse_moment("2023-11-14T22:13:20", now);
  REQUIRE(local);
  CHECK(*local - now < 15h);
  CHECK(now - *local < 15h);
  CHECK(logs::parse_moment("2023-11-14", now));
  for (const auto* bad : {"", "soon", "10 parsecs", "2023-13-01", "-5m", "99999999999999"}) {
    const auto refused = logs::parse_moment(bad, now);
    INFO(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::usage);
  }
}

TEST_CASE("a prefix is as wide as the widest and has its service's colour") {
  CHECK(logs::log_prefix("web-2", 7, std::nullopt) == "web-2   | ");
  CHECK(logs::log_prefix("db", 2, 0) == "\x1b[36mdb | \x1b[0m");
  CHECK(logs::log_prefix("db", 2, 10) == logs::log_prefix("db", 2, 0));
}

TEST_CASE("what a container uses is counted as the docker command counts it") {
  const auto stats = nlohmann::json::parse(R"({
    "cpu_stats": {"cpu_usage": {"total_usage": 300}, "system_cpu_usage": 2000, "online_cpus": 2},
    "precpu_stats": {"cpu_usage": {"total_usage": 100}, "system_cpu_usage": 1000},
    "memory_stats": {"usage": 1000, "limit": 4000, "stats": {"inactive_file": 200}},
    "pids_stats": {"current": 3},
    "networks": {"eth0": {"rx_bytes": 10, "tx_bytes": 1}, "eth1": {"rx_bytes": 20, "tx_bytes": 2}},
    "blkio_stats": {"io_service_bytes_recursive": [{"op": "Read", "value": 5}, {"op": "read", "value": 6},
                                                   {"op": "write", "value": 7}, {"op": "discard", "value": 9}]}})");
  const auto usage = engine::parse_usage(stats);
  CHECK(std::abs(usage.cpu_percent - 40) < 1e-9);
  CHECK(usage.memory == 800);
  CHECK(std::abs(usage.memory_percent() - 20) < 1e-9);
  CHECK(usage.network_in == 30);
  CHECK(usage.network_out == 3);
  CHECK(usage.block_in == 11);
  CHECK(usage.block_out == 7);
  CHECK(usage.processes == 3);
  const auto nothing = engine::parse_usage(nlohmann::json::object());
  CHECK(nothing.cpu_percent == 0);
  CHECK(nothing.memory_percent() == 0);
}

}  // namespace saasctl::listing_test
