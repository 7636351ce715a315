#include "terminal/terminal.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "terminal/raw.hpp"
#include "util/printable.hpp"

namespace saasctl::terminal {
namespace {

// A terminal that knows no codes at all has no colours and no cursor to move.
bool is_dumb() {
  const char* kind = std::getenv("TERM");
  return kind && std::strcmp(kind, "dumb") == 0;
}

bool can_move_cursor() {
  return isatty(STDERR_FILENO) == 1 && std::getenv("TERM") && !is_dumb();
}

bool write_to(std::FILE* file, std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), file) == text.size();
}

// The indentation of a message's later lines.
std::size_t indent_below(std::string_view text) {
  constexpr std::size_t least = 7;
  return std::max(least, std::min(text.find_first_not_of(' '), text.size()) + 2);
}

winsize terminal_size() {
  for (const int descriptor : {STDERR_FILENO, STDOUT_FILENO}) {
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size;
  }
  return {.ws_row = 0, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
}

}  // namespace

ProgressMode progress_mode(std::string_view text) {
  if (text == "tty") return ProgressMode::tty;
  if (text == "plain") return ProgressMode::plain;
  if (text == "json") return ProgressMode::json;
  if (text == "quiet") return ProgressMode::quiet;
  return ProgressMode::automatic;
}

Terminal::Terminal(const Settings& settings)
    : progress_(settings.progress),
      colour_out_(settings.colour_allowed && !is_dumb() && stdout_is_terminal()),
      colour_err_(settings.colour_allowed && !is_dumb() && isatty(STDERR_FILENO) == 1) {
  if (progress_ == ProgressMode::automatic) progress_ = can_move_cursor() ? ProgressMode::tty : ProgressMode::plain;
}

std::size_t Terminal::width() const {
  return terminal_size().ws_col;
}

std::size_t Terminal::height() const {
  return terminal_size().ws_row;
}

bool Terminal::data(std::string_view text) const {
  return write_raw(printable(text));
}

void Terminal::message(std::string_view text) const {
  write_raw_message(printable_block(text, indent_below(text)));
}

void Terminal::warning(std::string_view text) const {
  write_raw_message(paint(Tone::warning, "warning: ") + printable_block(text, indent_below(text)));
}

void Terminal::error(const Error& error) const {
  // The reader's errors carry their own "file:line:column: error:" lines, which have no line breaks of others.
  const bool positioned = error.kind == ErrorKind::usage && (error.message.find(": error: ") != std::string::npos ||
                                                             error.message.starts_with("error: "));
  if (positioned) {
    write_lines(error.message);
  } else {
    write_raw_message(paint(Tone::bad, "error: ") + printable_block(error.message, indent_below(error.message)));
  }
  if (!error.hint.empty()) message("       " + error.hint);
}

std::string Terminal::paint(Tone tone, std::string_view text) const {
  return painted(colour_err_, tone, printable(text));
}

Result<void> Terminal::flush() const {
  const bool flushed = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (flushed) return {};
  if (reader_has_gone()) return failure(ErrorKind::interrupted, "the reader of the output has gone");
  return failure(fmt::format("cannot write the output: {}", std::strerror(errno)));
}

bool Terminal::reader_has_gone() const {
  pollfd entry{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&entry, 1, 0) == 1 && (entry.revents & (POLLERR | POLLHUP)) != 0;
}

bool write_raw(std::string_view text) {
  return write_to(stdout, text);
}

void write_raw_message(std::string_view line) {
  std::string text(line);
  text += '\n';
  write_to(stderr, text);
}

void write_lines(std::string_view text) {
  write_raw_message(printable(text));
}

void write_listing(const Terminal& terminal, std::string_view format, std::string_view text) {
  if (format == "json") {
    write_raw(text);
  } else {
    terminal.data(text);
  }
}

bool stdout_is_terminal() {
  return isatty(STDOUT_FILENO) == 1;
}

std::string painted(bool colour, Tone tone, std::string_view text) {
  constexpr std::array codes{"", "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[2m"};
  if (!colour || tone == Tone::plain) return std::string(text);
  return std::string(codes.at(static_cast<std::size_t>(tone))) + std::string(text) + "\x1b[0m";
}

std::string short_duration(double seconds) {
  if (seconds < 59.95) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<long>(std::lround(seconds));
  return fmt::format("{}m{:02}s", whole / 60, whole % 60);
}

std::string short_size(long long bytes) {
  constexpr std::array units{"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < units.size()) value /= 1000, ++unit;
  return bytes < 1000 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units.at(unit));
}

}  // namespace saasctl::terminal
