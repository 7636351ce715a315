#include "commands/images.hpp"

#include <fmt/format.h>

#include "terminal/one_line.hpp"
#include "terminal/raw.hpp"

namespace saasctl::commands {
namespace {

constexpr std::size_t shown_lines = 40;
constexpr std::size_t shown_columns = 100;  // of a step, which may be a whole script

terminal::TaskState state_of(build::ImageState state) {
  switch (state) {
    case build::ImageState::working:
      return terminal::TaskState::working;
    case build::ImageState::done:
      return terminal::TaskState::done;
    case build::ImageState::unchanged:
      return terminal::TaskState::unchanged;
    case build::ImageState::failed:
      break;
  }
  return terminal::TaskState::failed;
}

void show_failure(const Session& session, const build::BuildFailure& failure) {
  if (!failure.step.empty()) {
    terminal::write_lines("");
    session.terminal.message(terminal::one_line(failure.step, shown_columns));
  }
  const auto skipped = failure.lines.size() > shown_lines ? failure.lines.size() - shown_lines : 0;
  if (skipped > 0) session.terminal.message(fmt::format("  ({} lines before)", skipped));
  for (std::size_t i = skipped; i < failure.lines.size(); ++i) session.terminal.message("  " + failure.lines[i]);
}

// The message names the step, which may be a whole script and has been shown.
void shorten(std::string& message, const std::string& step) {
  const auto at = step.empty() ? std::string::npos : message.find(step);
  if (at != std::string::npos) message.replace(at, step.size(), terminal::one_line(step, shown_columns));
}

}  // namespace

int get_images(const Session& session, const engine::Client& client, const project::Project& project,
               build::AcquireOptions options, terminal::Board& board) {
  options.docker_config = readable_docker_config(session);
  const auto sink = [&board](const build::ImageEvent& event) {
    board.update(event.image, state_of(event.state), terminal::one_line(event.text, shown_columns));
  };
  auto done = build::acquire_images(client, project, options, sink, session.stop);
  if (done) return 0;
  board.finish();
  auto& error = done.error();
  if (error.failure) {
    show_failure(session, *error.failure);
    shorten(error.message, error.failure->step);
  }
  if (!error.image.empty()) error.message = error.image + ": " + error.message;
  return fail(session, error);
}

}  // namespace saasctl::commands
