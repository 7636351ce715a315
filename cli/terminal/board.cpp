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
  auto found = std::ranges::find(tasks_, task, &Task::name);
  if (found == tasks_.end()) {
    name_width_ = std::max(name_width_, printable_line(task).size());
    found = tasks_.insert(tasks_.end(), {task, state, "", Clock::now()});
  } else if (found->state == state && found->text == text) {
    return;
  }
  found->state = state;
  found->text = text;
  found->seconds = seconds_since(found->since);
  write_change(*found);
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
    write_raw_message(fmt::format("{:>6} {:<{}}  {}", short_duration(seconds_since(start_)), printable_line(task.name),
                                  name_width_, terminal_.paint(tone_of(task.state), printable_line(task.text))));
  }
}

void Board::line(const std::string& task, const std::string& text) {
  const std::scoped_lock lock(mutex_);
  if (terminal_.progress() == ProgressMode::quiet) return;
  if (terminal_.progress() == ProgressMode::json) {
    const nlohmann::ordered_json out = {{"verb", verb_}, {"task", task}, {"line", text}};
    write_raw_message(out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return;
  }
  const auto shown = fmt::format("{:<{}} | {}", printable_line(task), name_width_, printable_line(text));
  if (drawn_ > 0) erase();
  write_raw_message(shown);
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

void Board::erase() {
  if (drawn_ == 0) return;
  std::fputs(fmt::format("\x1b[{}A\x1b[J", drawn_).c_str(), stderr);
  drawn_ = 0;
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

// Never more lines than the terminal has, less that of the cursor: what scrolls away cannot be erased. 0: all.
void Board::draw(std::size_t rows) {
  erase();
  const bool fits = rows == 0 || tasks_.size() < rows;
  const auto room = fits ? tasks_.size() : rows > 3 ? rows - 2 : 1;
  const auto shown = shown_of(room);
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    if (!shown[i]) continue;
    write_raw_message(row(tasks_[i]));
    ++drawn_;
  }
  if (fits) return;
  write_raw_message(terminal_.paint(Tone::dim, fmt::format("   and {} more", tasks_.size() - room)));
  ++drawn_;
}

void Board::tick(const std::stop_token& stop) {
  std::condition_variable_any wakes;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    draw(terminal_.height());
    wakes.wait_for(lock, stop, std::chrono::milliseconds(100), [] { return false; });
  }
  draw(0);
  drawn_ = 0;
}

void Board::finish() {
  if (std::exchange(finished_, true)) return;
  if (!ticker_.joinable()) return;
  ticker_.request_stop();
  ticker_.join();
}

}  // namespace saasctl::terminal
