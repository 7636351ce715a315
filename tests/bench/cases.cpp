#include "cases.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "engine/images.hpp"

namespace saasctl::bench {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "saasctl-bench.XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }
  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }

 private:
  fs::path path_;
};

// A service that does nothing. Its process ignores SIGTERM, as process 1 without a handler does.
std::string sleeper(const std::string& name) {
  return "  " + name + ":\n    image: debian:trixie-slim\n    command: [sleep, infinity]\n    stop_signal: SIGKILL\n";
}

std::string independent(int count) {
  std::string text = "services:\n";
  for (int i = 0; i < count; ++i) text += sleeper(fmt::format("service{}", i));
  return text;
}

std::string chain() {
  std::string text = "services:\n";
  for (int i = 0; i < 3; ++i) {
    text += sleeper(fmt::format("service{}", i)) + "    healthcheck: {test: [CMD, \"true\"], interval: 1s}\n";
    if (i > 0) text += fmt::format("    depends_on: {{service{}: {{condition: service_healthy}}}}\n", i - 1);
  }
  return text;
}

// Services as they are written by people: variables, ports, networks, volumes, limits, a healthcheck, dependencies.
std::string large(int count) {
  std::string text = "services:\n";
  for (int i = 0; i < count; ++i) {
    text += fmt::format(
        "  service{0}:\n    image: debian:trixie-slim\n    command: [sleep, infinity]\n"
        "    environment: {{NAME: service{0}, LEVEL: \"${{LEVEL:-info}}\", NUMBER: \"{0}\"}}\n"
        "    ports: [\"127.0.0.1:{1}:8080\"]\n    networks: [front, back]\n    volumes: [\"data{2}:/data\"]\n"
        "    labels: {{team: team{2}}}\n    restart: unless-stopped\n"
        "    deploy: {{resources: {{limits: {{cpus: \"0.5\", memory: 128M}}}}}}\n"
        "    healthcheck: {{test: [CMD, \"true\"], interval: 5s, timeout: 2s, retries: 3}}\n",
        i, 10000 + i, i % 20);
    if (i % 10 > 0) text += fmt::format("    depends_on: {{service{}: {{condition: service_healthy}}}}\n", i - 1);
  }
  text += "networks:\n  front:\n  back:\nvolumes:\n";
  for (int i = 0; i < 20; ++i) text += fmt::format("  data{}:\n", i);
  return text;
}

Result<std::vector<Row>> one(Result<Row> row) {
  if (!row) return std::unexpected(row.error());
  return std::vector{std::move(*row)};
}

Result<std::vector<Row>> run_chain(const engine::Client& client, const Tools& tools) {
  const Folder folder;
  const auto file = folder.write("compose.yaml", chain());
  const Contest contest(client, tools, file, file);
  std::vector<Row> rows;
  for (const auto& [name, up] : {std::pair{"chain of 3, each waiting for healthy (interval 1 s)", our_up},
                                 std::pair{"the same, until the engine also reports healthy", our_up_engine}}) {
    auto row = contest.from_nothing(name, up);
    if (!row) return std::unexpected(row.error());
    rows.push_back(std::move(*row));
  }
  return rows;
}

Result<std::vector<Row>> run_no_change_3(const engine::Client& client, const Tools& tools) {
  const Folder folder;
  const auto file = folder.write("compose.yaml", independent(3));
  return one(Contest(client, tools, file, file).no_change("no change, 3 services"));
}

Result<std::vector<Row>> run_no_change_chain(const engine::Client& client, const Tools& tools) {
  const Folder folder;
  const auto file = folder.write("compose.yaml", chain());
  return one(Contest(client, tools, file, file).no_change("no change, chain of 3"));
}

Result<std::vector<Row>> run_ten(const engine::Client& client, const Tools& tools) {
  const Folder folder;
  const auto file = folder.write("compose.yaml", independent(10));
  return one(Contest(client, tools, file, file).from_nothing("10 independent services", our_up));
}

Result<std::vector<Row>> run_thousand(const engine::Client& client, const Tools& tools) {
  std::vector<Row> rows;
  for (const auto& [count, name] : {std::pair{1000, "1,000 services"}, std::pair{2000, "2,000 services"}}) {
    const Folder folder;
    const auto file = folder.write("compose.yaml", large(count));
    const Contest contest(client, tools, file, file);
    auto row = contest.reading(std::string("read, resolve and plan ") + name, {"plan"}, {"config", "-q"});
    if (!row) return std::unexpected(row.error());
    rows.push_back(std::move(*row));
  }
  return rows;
}

// A port of 127.0.0.1 that is free now.
std::string free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound = ::bind(listener, generic, length) == 0 && ::getsockname(listener, generic, &length) == 0;
  ::close(listener);
  return bound ? std::to_string(ntohs(address.sin_port)) : "0";
}

// The images that are built for the project get names for docker compose's project as well.
Result<void> share_images(const engine::Client& client, const std::string& ours, const std::string& theirs) {
  for (const auto* service : {"auth-service", "chat-service", "billing-service"}) {
    const auto tagged =
        engine::tag_image(client, ours + "-" + service + ":latest", theirs + "-" + service + ":latest", {});
    if (!tagged) return tagged;
  }
  return {};
}

Result<std::vector<Row>> run_seven(const engine::Client& client, const Tools& tools) {
  const Folder folder;
  for (const auto* entry : {"stack.yaml", "docker-compose.yml", "docker-compose.microservices.yml", ".dockerignore",
                            ".env.docker.example", "templates", "services", "infra"}) {
    std::error_code error;
    fs::copy(tools.repository / entry, folder.path() / entry, fs::copy_options::recursive, error);
    if (error) return failure(fmt::format("cannot copy {}: {}", entry, error.message()));
  }
  std::map<std::string, std::string> variables;
  for (const auto* name : {"POSTGRES", "REDIS", "JAEGER", "PROMETHEUS", "AUTH", "CHAT", "BILLING"})
    variables[std::string(name) + "_PUBLISH"] = free_port();
  const Contest contest(client, tools, folder.path() / "stack.yaml", folder.path() / "docker-compose.yml", variables);
  // docker compose gives the processes the files as they are; their users are not their owner.
  const Command secrets{{tools.saasctl.string(), "secrets", "init", "--mode", "0444"}, folder.path(), variables};
  if (const auto made = measure(secrets); !made) return std::unexpected(made.error());
  if (const auto built = contest.ours.run({"build"}); !built) return std::unexpected(built.error());
  const auto shared = share_images(client, contest.ours.project(), contest.theirs.project());
  if (!shared) return std::unexpected(shared.error());
  auto rows = contest.cold_and_warm("the bundled seven");
  for (const auto* service : {"auth-service", "chat-service", "billing-service"}) {
    for (const auto* side : {&contest.ours, &contest.theirs})
      static_cast<void>(engine::remove_image(client, side->project() + "-" + service + ":latest", false, {}));
  }
  return rows;
}

}  // namespace

const std::vector<Case>& all_cases() {
  static const std::vector<Case> cases{
      {"chain", run_chain}, {"no-change", run_no_change_3}, {"no-change-chain", run_no_change_chain},
      {"ten", run_ten},     {"thousand", run_thousand},     {"seven", run_seven}};
  return cases;
}

}  // namespace saasctl::bench
