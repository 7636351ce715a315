#include "engine/exec.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/json.hpp"
#include "engine/logs.hpp"
#include "util/text.hpp"
#include "util/wait.hpp"

namespace saasctl::engine {
namespace {

using namespace std::chrono_literals;

ApiPath exec_path(std::string_view exec, std::string_view action) {
  return ApiPath("/exec") / exec / action;
}

}  // namespace

Result<std::string> exec_create(const Client& client, std::string_view container,
                                const std::vector<std::string>& arguments, const ExecOptions& options,
                                std::stop_token stop) {
  nlohmann::json body{{"Cmd", arguments}, {"AttachStdout", true}, {"AttachStderr", true}, {"Tty", options.tty}};
  if (options.input) body["AttachStdin"] = true;
  if (!options.user.empty()) body["User"] = options.user;
  if (options.privileged) body["Privileged"] = true;
  if (!options.working_directory.empty()) body["WorkingDir"] = options.working_directory;
  if (!options.environment.empty()) body["Env"] = options.environment;
  const Call call{.method = "POST",
                  .path = ApiPath("/containers") / container / "exec",
                  .json = std::move(body),
                  .timeout = options.timeout};
  return client.send_for_id(call, std::move(stop));
}

Result<http::Upgraded> exec_attach(const Client& client, std::string_view exec, bool tty, std::stop_token stop) {
  const Call call{
      .method = "POST", .path = exec_path(exec, "start"), .json = nlohmann::json{{"Detach", false}, {"Tty", tty}}};
  return client.upgrade(call, "tcp", std::move(stop));
}

Result<void> exec_detached(const Client& client, std::string_view exec, bool tty, std::stop_token stop) {
  return client.send_only(
      {.method = "POST", .path = exec_path(exec, "start"), .json = nlohmann::json{{"Detach", true}, {"Tty", tty}}},
      std::move(stop));
}

Result<void> exec_resize(const Client& client, std::string_view exec, unsigned rows, unsigned columns,
                         std::stop_token stop) {
  return client.send_only({.method = "POST",
                           .path = exec_path(exec, "resize"),
                           .query = {{"h", std::to_string(rows)}, {"w", std::to_string(columns)}}},
                          std::move(stop));
}

Result<int> exec_exit_code(const Client& client, std::string_view exec, std::stop_token stop) {
  const auto deadline = deadline_after(10s);
  const StopSignal signal(stop);
  for (auto pause = 1ms;; pause = std::min(pause * 2, std::chrono::milliseconds(100))) {
    const auto inspected = client.send_object({.path = exec_path(exec, "json")}, stop);
    if (!inspected) return std::unexpected(inspected.error());
    if (!detail::boolean(*inspected, "Running")) return static_cast<int>(detail::integer(*inspected, "ExitCode"));
    if (poll_timeout(deadline) == 0)
      return failure(ErrorKind::timeout, "the engine reports that the command is still running");
    if (signal.wait_for(pause)) return failure(ErrorKind::interrupted, "interrupted");
  }
}

std::optional<int> exec_start_failure(const Error& error) {
  const auto message = to_lower(error.message);
  const auto says = [&](std::string_view words) { return message.find(words) != std::string::npos; };
  // Podman answers 404 to the one, Docker since 28 refuses the other before anything is started.
  if (says("command that was not found")) return 127;
  if (says("unable to find user")) return 126;
  if (error.kind != ErrorKind::failed) return std::nullopt;
  if (says("executable file not found") || says("no such file or directory")) return 127;
  if (says("permission denied")) return 126;
  return std::nullopt;
}

Result<ExecResult> exec_run(const Client& client, std::string_view container, const std::vector<std::string>& arguments,
                            const ExecOptions& options, std::stop_token stop) {
  const auto refused = [](const Error& error) -> Result<ExecResult> {
    const auto code = exec_start_failure(error);
    if (!code) return std::unexpected(error);
    return ExecResult{.exit_code = *code, .standard_output = {}, .standard_error = error.message};
  };
  const auto id = exec_create(client, container, arguments, options, stop);
  if (!id) return refused(id.error());

  ExecResult result;
  Demultiplexer demultiplexer(options.tty, [&](Stream stream, std::string_view bytes) {
    auto& output = stream == Stream::standard_error ? result.standard_error : result.standard_output;
    output += bytes.substr(0, options.max_output - output.size());
  });
  Result<void> framing;
  const Call start{.method = "POST",
                   .path = exec_path(*id, "start"),
                   .json = nlohmann::json{{"Detach", false}, {"Tty", options.tty}},
                   .on_data =
                       [&](std::string_view bytes) {
                         framing = demultiplexer.feed(bytes);
                         return framing.has_value();
                       },
                   .timeout = options.timeout};
  const auto started = client.send(start, stop);
  if (!started && started.error().kind == ErrorKind::timeout) {
    return failure(ErrorKind::timeout, fmt::format("'{}' in container {} did not end within {} ms",
                                                   join(arguments, " "), container, options.timeout.count()));
  }
  if (!started) return refused(started.error());
  if (!framing) return std::unexpected(framing.error());

  const auto inspected = client.send_object({.path = exec_path(*id, "json")}, std::move(stop));
  if (!inspected) return std::unexpected(inspected.error());
  result.exit_code = static_cast<int>(detail::integer(*inspected, "ExitCode"));
  return result;
}

}  // namespace saasctl::engine
