#include "commands/attach.hpp"

#include <fmt/format.h>

#include <optional>

#include "engine/attached.hpp"

namespace saasctl::commands {

bool has_terminal() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

namespace {

Result<void> carry(const Session& session, http::Upgraded& connection, engine::AttachedStreams streams,
                   const std::function<bool(terminal::WindowSize)>& resize) {
  if (!streams.tty) return engine::carry_streams(connection, streams, session.stop);
  const terminal::SizeChanges changes;
  streams.size_changes = changes.descriptor();
  streams.resize = [&] {
    const auto size = terminal::window_size(STDOUT_FILENO);
    return !size || resize(*size);
  };
  const terminal::RawMode raw(STDIN_FILENO, session.stop);
  return engine::carry_streams(connection, streams, session.stop);
}

}  // namespace

Result<void> attach_streams(const Session& session, http::Upgraded& connection, bool tty, bool input,
                            const std::function<bool(terminal::WindowSize)>& resize, int output) {
  auto carried =
      carry(session, connection,
            {.input = input ? STDIN_FILENO : -1, .output = output, .error = STDERR_FILENO, .tty = tty}, resize);
  if (!carried && carried.error().kind == ErrorKind::failed && session.terminal.reader_has_gone())
    return failure(ErrorKind::interrupted, "the reader of the output has gone");
  return carried;
}

std::vector<std::string> with_values(const yaml::Environment& environment, const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const auto& name : names) {
    if (name.find('=') != std::string::npos) {
      out.push_back(name);
    } else if (const auto value = environment(name)) {
      out.push_back(fmt::format("{}={}", name, *value));
    }
  }
  return out;
}

}  // namespace saasctl::commands
