#include "terminal/board.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <nlohmann/json.hpp>

#include "terminal/one_line.hpp"
#include "terminal/raw.hpp"
#include "util/printable.hpp"

namespace saasctl::terminal {
namespace {

constexpr std::size_t step_columns = 100;  // of a step, which may be a whole script

std::string_view state_name(TaskState state) {
  switch (state) {
    case TaskState::working:
      return "working";
    case TaskState::done:
      return "done";
    case TaskState::failed:
      return "failed";
    case TaskState::unchanged:
      return "unchanged";
  }
  return "";
}

std::string_view step_name(StepState state) {
  switch (state) {
    case StepState::begun:
      return "begun";
    case StepState::done:
      return "done";
    case StepState::cached:
      return "cached";
    case StepState::failed:
      return "failed";
  }
  return "";
}

Tone tone_of(TaskState state) {
  if (state == TaskState::done) return Tone::good;
  if (state == TaskState::failed) return Tone::bad;
  return state == TaskState::unchanged ? Tone::dim : Tone::plain;
}

std::string_view sign_of(TaskState state) {
  if (state == TaskState::done) return "✔";
  if (state == TaskState::failed) return "✘";
  return state == TaskState::unchanged ? "·" : "…";
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Board::Board(const Terminal& terminal, std::string verb) : terminal_(terminal), verb_(std::move(verb)) {
  if (terminal_.progress() == ProgressMode::tty)
    ticker_ = std::jthread([this](const std::stop_token& stop) { tick(stop); });
}

Board::~Board() {
  finish();
}

void Board::update(const std::string& task, TaskState state, const std::string& text) {
  const std::scoped_lock lock(mutex_);
  auto& known = task_of(task);
  if (known.state == state && known.text == text) return;
  known.state = state;
  known.text = text;
  known.seconds = seconds_since(known.since);
  write_change(known);
}

// A new one works, at nothing yet.
Board::Task& Board::task_of(const std::string& name) {
  const auto found = std::ranges::find(tasks_, name, &Task::name);
  if (found != tasks_.end()) return *found;
  name_width_ = std::max(name_width_, printable_line(name).size());
  return tasks_.emplace_back(Task{name, TaskState::working, "", Clock::now()});
}

void Board::show(const std::string& task, const std::string& text) {
  if (terminal_.progress() != ProgressMode::tty) return;
  const std::scoped_lock lock(mutex_);
  task_of(task).text = text;
}

void Board::step(const std::string& task, const std::string& step, StepState state, double seconds) {
  const std::scoped_lock lock(mutex_);
  if (terminal_.progress() == ProgressMode::json) {
    nlohmann::ordered_json line = {{"verb", verb_}, {"task", task}};
    if (state == StepState::begun) {
      line["state"] = "working";
      line["text"] = step;
    } else {
      line["step"] = step;
      line["result"] = step_name(state);
      line["duration"] = seconds;
    }
    line["seconds"] = seconds_since(start_);
    write_raw_message(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else if (terminal_.progress() == ProgressMode::plain) {
    const auto text = one_line(step, step_columns);
    switch (state) {
      case StepState::begun:
        return write_row(task, Tone::plain, text);
      case StepState::done:
        return write_row(task, Tone::dim, fmt::format("{}: done in {}", text, short_duration(seconds)));
      case StepState::cached:
        return write_row(task, Tone::dim, text + ": cached");
      case StepState::failed:
        return write_row(task, Tone::bad, fmt::format("{}: failed after {}", text, short_duration(seconds)));
    }
  }
}

// A log identifies a step by the brackets at its front: "[build 2/5]".
void Board::output(const std::string& task, const std::string& step, const std::string& line) {
  const std::scoped_lock lock(mutex_);
  if (terminal_.progress() == ProgressMode::json) {
    const nlohmann::ordered_json out = {{"verb", verb_}, {"task", task}, {"step", step}, {"line", line}};
    write_raw_message(out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else if (terminal_.progress() == ProgressMode::plain) {
    const auto end = step.starts_with('[') ? step.find(']') : std::string::npos;
    const auto mark = end == std::string::npos ? "" : step.substr(0, end + 1) + " ";
    write_raw_message(
        fmt::format("{:<{}} | {}{}", printable_line(task), name_width_, printable_line(mark), printable_line(line)));
  }
}

void Board::warning(const std::string& task, const std::string& text) {
  const std::scoped_lock lock(mutex_);
  if (terminal_.progress() == ProgressMode::quiet) return;
  if (terminal_.progress() == ProgressMode::json) {
    const nlohmann::ordered_json out = {{"verb", verb_}, {"task", task}, {"warning", text}};
    write_raw_message(out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return;
  }
  write_above(
      fmt::format("{} {}: {}", terminal_.paint(Tone::warning, "warning:"), printable_line(task), printable_line(text)));
}

void Board::write_change(const Task& task) const {
  if (terminal_.progress() == ProgressMode::json) {
    const nlohmann::ordered_json line = {{"verb", verb_},
                                         {"task", task.name},
                                         {"state", state_name(task.state)},
                                         {"text", task.text},
                                         {"seconds", seconds_since(start_)}};
    write_raw_message(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else if (terminal_.progress() == ProgressMode::plain) {
    write_row(task.name, tone_of(task.state), task.text);
  }
}

void Board::write_row(const std::string& task, Tone tone, const std::string& text) const {
  write_raw_message(fmt::format("{:>6} {:<{}}  {}", short_duration(seconds_since(start_)), printable_line(task),
                                name_width_, terminal_.paint(tone, printable_line(text))));
}

void Board::line(const std::string& task, const std::string& text) {
  const std::scoped_lock lock(mutex_);
  if (terminal_.progress() == ProgressMode::quiet) return;
  if (terminal_.progress() == ProgressMode::json) {
    const nlohmann::ordered_json out = {{"verb", verb_}, {"task", task}, {"line", text}};
    write_raw_message(out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return;
  }
  write_above(fmt::format("{:<{}} | {}", printable_line(task), name_width_, printable_line(text)));
}

void Board::write_above(const std::string& text) {
  if (drawn_ > 0) {
    draw({text}, terminal_.height());
  } else {
    write_raw_message(text);
  }
}

std::string Board::row(const Task& task) const {
  const bool ended = task.state != TaskState::working;
  const auto time = short_duration(ended ? task.seconds : seconds_since(task.since));
  const auto width = terminal_.width();
  const auto room = width > name_width_ + 14 ? width - name_width_ - 14 : 10;
  return fmt::format(
      " {} {:<{}}  {:>6}  {}", terminal_.paint(tone_of(task.state), sign_of(task.state)), printable_line(task.name),
      name_width_, time,
      terminal_.paint(task.state == TaskState::failed ? Tone::bad : Tone::dim, cut(printable_line(task.text), room)));
}

// Which of the tasks have a place in so many lines: what is being done and what has failed before what has ended.
std::vector<bool> Board::shown_of(std::size_t room) const {
  std::vector<bool> shown(tasks_.size(), false);
  for (const bool urgent : {true, false}) {
    for (std::size_t i = 0; i < tasks_.size() && room > 0; ++i) {
      const bool of_interest = tasks_[i].state == TaskState::working || tasks_[i].state == TaskState::failed;
      if (of_interest != urgent) continue;
      shown[i] = true;
      --room;
    }
  }
  return shown;
}

// Never more lines than the terminal has, less that of the cursor: what scrolls away cannot be written over. 0: all.
std::vector<std::string> Board::frame(std::size_t rows) const {
  const bool fits = rows == 0 || tasks_.size() < rows;
  const auto room = fits ? tasks_.size() : rows > 3 ? rows - 2 : 1;
  const auto shown = shown_of(room);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    if (shown[i]) lines.push_back(row(tasks_[i]));
  }
  if (!fits) lines.push_back(terminal_.paint(Tone::dim, fmt::format("   and {} more", tasks_.size() - room)));
  return lines;
}

// Writes over the lines of the last time, each to its end, with `above` before them. Nothing is erased first: a
// terminal whose top row the lines have reached would keep every erased screen among what has scrolled away.
void Board::draw(const std::vector<std::string>& above, std::size_t rows) {
  const auto lines = frame(rows);
  std::string out = drawn_ > 0 ? fmt::format("\x1b[{}A", drawn_) : "";
  for (const auto* part : {&above, &lines}) {
    for (const auto& line : *part) out += line + "\x1b[K\n";
  }
  if (above.size() + lines.size() < drawn_) out += "\x1b[J";
  drawn_ = lines.size();
  std::fputs(out.c_str(), stderr);
}

void Board::tick(const std::stop_token& stop) {
  std::condition_variable_any wakes;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    draw({}, terminal_.height());
    wakes.wait_for(lock, stop, std::chrono::milliseconds(100), [] { return false; });
  }
  draw({}, 0);
  drawn_ = 0;
}

void Board::finish() {
  if (std::exchange(finished_, true)) return;
  if (!ticker_.joinable()) return;
  ticker_.request_stop();
  ticker_.join();
}

}  // namespace saasctl::terminal
