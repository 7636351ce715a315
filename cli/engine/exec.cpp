#include "engine/exec.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/json.hpp"
#include "engine/logs.hpp"
#include "util/text.hpp"

namespace saasctl::engine {
namespace {

Result<std::string> create_exec(const Client& client, std::string_view container,
                                const std::vector<std::string>& arguments, const ExecOptions& options,
                                std::stop_token stop) {
  nlohmann::json body{{"Cmd", arguments}, {"AttachStdout", true}, {"AttachStderr", true}, {"Tty", options.tty}};
  if (!options.user.empty()) body["User"] = options.user;
  if (options.privileged) body["Privileged"] = true;
  if (!options.working_directory.empty()) body["WorkingDir"] = options.working_directory;
  if (!options.environment.empty()) body["Env"] = options.environment;
  const Call call{.method = "POST",
                  .path = "/containers/" + http::percent_encode(container) + "/exec",
                  .json = std::move(body),
                  .timeout = options.timeout};
  return client.send_parsed(
      call, [](const nlohmann::json& answer) { return detail::text(answer, "Id"); }, std::move(stop));
}

// Older engines report a program that cannot be started by failing the start call, newer ones by the exit code.
std::optional<int> start_failure_code(const Error& error) {
  if (error.fault != Fault::failed) return std::nullopt;
  if (error.message.find("executable file not found") != std::string::npos ||
      error.message.find("no such file or directory") != std::string::npos) {
    return 127;
  }
  if (error.message.find("permission denied") != std::string::npos) return 126;
  return std::nullopt;
}

}  // namespace

Result<ExecResult> exec_run(const Client& client, std::string_view container, const std::vector<std::string>& arguments,
                            const ExecOptions& options, std::stop_token stop) {
  const auto id = create_exec(client, container, arguments, options, stop);
  if (!id) return std::unexpected(id.error());

  ExecResult result;
  Demultiplexer demultiplexer(options.tty, [&](Stream stream, std::string_view bytes) {
    auto& output = stream == Stream::standard_error ? result.standard_error : result.standard_output;
    output += bytes.substr(0, options.max_output - output.size());
  });
  Result<void> framing;
  const Call start{.method = "POST",
                   .path = "/exec/" + *id + "/start",
                   .json = nlohmann::json{{"Detach", false}, {"Tty", options.tty}},
                   .on_data =
                       [&](std::string_view bytes) {
                         framing = demultiplexer.feed(bytes);
                         return framing.has_value();
                       },
                   .timeout = options.timeout};
  const auto started = client.send(start, stop);
  if (!started && started.error().fault == Fault::timeout) {
    return failure(Fault::timeout, fmt::format("'{}' in container {} did not end within {} ms", join(arguments, " "),
                                               container, options.timeout.count()));
  }
  if (!started) {
    const auto code = start_failure_code(started.error());
    if (!code) return std::unexpected(started.error());
    return ExecResult{.exit_code = *code, .standard_output = {}, .standard_error = started.error().message};
  }
  if (!framing) return std::unexpected(framing.error());

  const auto inspected = client.send_json({.path = "/exec/" + *id + "/json"}, std::move(stop));
  if (!inspected) return std::unexpected(inspected.error());
  result.exit_code = static_cast<int>(detail::integer(*inspected, "ExitCode"));
  return result;
}

}  // namespace saasctl::engine
