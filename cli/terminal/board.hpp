// Progress of several things at once: live lines on a terminal, one line a change in a log, JSON lines, or nothing.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "terminal/terminal.hpp"

namespace saasctl::terminal {

enum class TaskState { working, done, failed, unchanged };
enum class StepState { begun, done, cached, failed };

// Safe to use from several threads.
class Board {
 public:
  // `verb` names the work in JSON lines: "up", "build". The terminal must outlive the board.
  Board(const Terminal& terminal, std::string verb);
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;
  // Leaves the last state of every task on the screen.
  ~Board();

  // What a task does now; the first call adds it. In a log a change of text or state is one line.
  void update(const std::string& task, TaskState state, const std::string& text);

  // What the live line of a task shows meanwhile; nothing in a log.
  void show(const std::string& task, const std::string& text);

  // A step of a task has begun or ended, after so many seconds; and a line that it wrote. For logs and machines: a
  // terminal that has live lines shows neither.
  void step(const std::string& task, const std::string& step, StepState state, double seconds);
  void output(const std::string& task, const std::string& step, const std::string& line);

  // A line that stays, in the colour of warnings.
  void warning(const std::string& task, const std::string& text);

  // A line that stays: above the live lines, or in its place in the log. Not shown when quiet.
  void line(const std::string& task, const std::string& text);

  // Stops drawing; what comes after is written by the terminal alone.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  struct Task {
    std::string name;
    TaskState state;
    std::string text;
    Clock::time_point since;
    double seconds = 0;  // of its last state, once it has ended
  };

  Task& task_of(const std::string& name);
  void write_change(const Task& task) const;
  void write_row(const std::string& task, Tone tone, const std::string& text) const;
  void write_above(const std::string& text);
  std::string row(const Task& task) const;
  std::vector<bool> shown_of(std::size_t room) const;
  std::vector<std::string> frame(std::size_t rows) const;
  void draw(const std::vector<std::string>& above, std::size_t rows);
  void tick(const std::stop_token& stop);

  const Terminal& terminal_;
  std::string verb_;
  Clock::time_point start_ = Clock::now();
  std::mutex mutex_;
  std::vector<Task> tasks_;
  std::size_t name_width_ = 0;
  std::size_t drawn_ = 0;  // live lines on the screen
  bool finished_ = false;
  std::jthread ticker_;
};

}  // namespace saasctl::terminal
