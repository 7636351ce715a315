// Where output goes: data to stdout, messages and progress to stderr; knows whether anyone is watching.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "util/result.hpp"

namespace saasctl::terminal {

enum class ProgressMode { automatic, tty, plain, json, quiet };

// "auto", "tty", "plain", "json", "quiet". The text has been checked by the command line's reader.
ProgressMode progress_mode(std::string_view text);

struct Settings {
  ProgressMode progress = ProgressMode::automatic;
  bool colour_allowed = true;  // false for --no-color and for a NO_COLOR that is not empty (no-color.org)
};

enum class Tone { plain, good, bad, warning, dim };

// What others wrote is shown without control characters; see raw.hpp. Not thread-safe: threads go through a Board.
class Terminal {
 public:
  explicit Terminal(const Settings& settings);

  // automatic never comes out: tty when stderr is a terminal that can move its cursor, else plain.
  ProgressMode progress() const { return progress_; }
  bool colour_on_stdout() const { return colour_out_; }
  bool colour_on_stderr() const { return colour_err_; }
  // Columns and rows of the terminal behind stderr or stdout; 100 and 0 when there is none.
  std::size_t width() const;
  std::size_t height() const;

  bool data(std::string_view text) const;     // to stdout; false when it takes no more
  void message(std::string_view line) const;  // to stderr; later lines are indented
  void warning(std::string_view line) const;
  void error(const Error& error) const;
  std::string paint(Tone tone, std::string_view text) const;  // for stderr

  // Flushes stdout. Errors: failed (what was written did not reach its place: a full disk), interrupted (nobody reads
  // it any more).
  Result<void> flush() const;

  // Whether stdout is a pipe or socket whose reader has closed it, as `head` does.
  bool reader_has_gone() const;

 private:
  ProgressMode progress_;
  bool colour_out_;
  bool colour_err_;
};

// `text` in the colour of a tone when `colour` is set.
std::string painted(bool colour, Tone tone, std::string_view text);

// A duration for people: "0.3s", "12.4s", "2m05s".
std::string short_duration(double seconds);

// A size for people in decimal multiples: "12.3 MB".
std::string short_size(long long bytes);

}  // namespace saasctl::terminal
