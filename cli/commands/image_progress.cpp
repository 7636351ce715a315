#include "commands/image_progress.hpp"

#include <fmt/format.h>

#include "terminal/one_line.hpp"
#include "terminal/raw.hpp"

namespace saasctl::commands {
namespace {

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

terminal::StepState state_of(build::ImageStepState state) {
  switch (state) {
    case build::ImageStepState::begun:
      return terminal::StepState::begun;
    case build::ImageStepState::done:
      return terminal::StepState::done;
    case build::ImageStepState::cached:
      return terminal::StepState::cached;
    case build::ImageStepState::failed:
      break;
  }
  return terminal::StepState::failed;
}

// Shows what happens to images. Text cut to fit a screen is whole for machines, and for people a failure is shown
// once, after the board.
class ImageBoard {
 public:
  ImageBoard(terminal::Board& board, bool for_machines) : board_(board), for_machines_(for_machines) {}

  void operator()(const build::ImageEvent& event) const {
    const bool later = event.state == build::ImageState::failed && !for_machines_;
    board_.update(event.image, state_of(event.state), later ? "failed" : shown(event.text));
  }
  void operator()(const build::ImageNow& now) const { board_.show(now.image, shown(now.text)); }
  void operator()(const build::ImageStep& step) const {
    board_.step(step.image, step.step, state_of(step.state), step.seconds);
  }
  void operator()(const build::ImageOutput& output) const { board_.output(output.image, output.step, output.line); }
  void operator()(const build::ImageWarning& warning) const { board_.warning(warning.image, warning.text); }

 private:
  std::string shown(const std::string& text) const {
    return for_machines_ ? text : terminal::one_line(text, shown_columns);
  }

  terminal::Board& board_;
  bool for_machines_;
};

// Of a long output the end, and before it what came first on standard error: as a rule the reason.
void show_failure(const Session& session, const build::BuildFailure& failure) {
  const auto& lines = failure.lines;
  constexpr auto shown_lines = build::BuildFailure::shown_lines;
  if (!failure.step.empty() || !failure.excerpt.empty()) terminal::write_lines("");
  for (const auto& line : failure.excerpt) session.terminal.message(line);
  if (!failure.step.empty()) session.terminal.message(terminal::one_line(failure.step, shown_columns));
  const auto skipped = lines.size() > shown_lines ? lines.size() - shown_lines : 0;
  for (const auto& line : failure.first_errors) session.terminal.message("  " + line);
  if (skipped > 0) session.terminal.message(fmt::format("  ({} lines left out)", skipped));
  for (std::size_t i = skipped; i < lines.size(); ++i) session.terminal.message("  " + lines[i]);
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
  const ImageBoard shown(board, session.terminal.progress() == terminal::ProgressMode::json);
  const auto sink = [&shown](const build::ImageProgress& progress) { std::visit(shown, progress); };
  auto done = build::acquire_images(client, project, options, sink, session.stop);
  if (done) return 0;
  board.finish();
  auto& error = done.error();
  if (error.failure) {
    show_failure(session, *error.failure);
    shorten(error.message, error.failure->step);
  }
  // An error of the stack file names its place already.
  const bool named =
      error.message.find(": error: ") != std::string::npos || error.message.starts_with(error.service + ": ");
  if (!error.service.empty() && !named) error.message = error.service + ": " + error.message;
  return fail(session, error);
}

}  // namespace saasctl::commands
