// The real docker compose.
#pragma once

#include <nlohmann/json.hpp>

#include "compose_image.hpp"
#include "engine/logs.hpp"
#include "stack.hpp"

namespace saasctl::test {

// Debian's docker compose in a container that sees the engine's socket and the stack's folder, at the same paths.
class Compose {
 public:
  explicit Compose(const Stack& stack) : stack_(stack) { build_compose_image(stack.client()); }

  Outcome run(const std::vector<std::string>& arguments) const {
    const auto& client = stack_.client();
    const ContainerName name(client, "compose");
    const auto socket = client.endpoint().unix_socket.string();
    const auto folder = stack_.folder().string();
    REQUIRE_FALSE(socket.empty());
    nlohmann::json words{"-p", stack_.project(), "--progress", "plain"};
    for (const auto& argument : arguments) words.push_back(argument);
    nlohmann::json environment = nlohmann::json::array();
    for (const auto& [variable, value] : stack_.variables()) environment.push_back(variable + "=" + value);
    const nlohmann::json body{
        {"Image", compose_image},
        {"Cmd", words},
        {"Env", environment},
        {"WorkingDir", folder},
        {"HostConfig", {{"Binds", {socket + ":/var/run/docker.sock", folder + ":" + folder + ":ro"}}}}};
    REQUIRE(engine::create_container(client, name.text(), body, {}));
    REQUIRE(engine::start_container(client, name.text(), {}));
    const auto ended =
        engine::wait_container(client, name.text(), engine::WaitCondition::not_running, std::chrono::minutes(5), {});
    REQUIRE(ended);
    Outcome outcome{ended->exit_code, "", ""};
    const auto read = engine::read_logs(
        client, name.text(), {},
        [&](const engine::LogLine& line) {
          (line.stream == engine::Stream::standard_output ? outcome.out : outcome.err) += std::string(line.text) + "\n";
          return true;
        },
        {});
    REQUIRE(read);
    INFO(outcome.out << outcome.err);
    REQUIRE(outcome.exit_code == 0);
    return outcome;
  }

 private:
  const Stack& stack_;
};

// The services' names in what `docker compose ps --format json` prints: one object a line, or one list of older
// versions.
inline std::set<std::string> services_of(const std::string& text) {
  std::set<std::string> names;
  for (std::size_t from = 0; from < text.size(); from = text.find('\n', from) + 1) {
    const auto line = nlohmann::json::parse(text.substr(from, text.find('\n', from) - from));
    for (const auto& row : line.is_array() ? line : nlohmann::json::array({line}))
      names.insert(row.at("Service").get<std::string>());
  }
  return names;
}

}  // namespace saasctl::test
