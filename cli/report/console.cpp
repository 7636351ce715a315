#include "report/console.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include "util/printable.hpp"
#include "util/text.hpp"

namespace saasctl::report {
namespace {

using verify::Report;
using verify::Status;
using verify::StepResult;

constexpr std::string_view reset = "\x1b[0m";
constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view dim = "\x1b[2m";

struct Mark {
  std::string_view sign;
  std::string_view word;
  std::string_view colour;
};

Mark mark_of(Status status) {
  switch (status) {
    case Status::passed:
      return {"✓", "passed", "\x1b[32m"};
    case Status::failed:
      return {"✗", "failed", "\x1b[31m"};
    case Status::skipped:
      return {"-", "skipped", "\x1b[33m"};
    case Status::error:
      return {"!", "error", "\x1b[31m"};
  }
  return {};
}

std::string painted(std::string_view text, std::string_view code, const ConsoleOptions& options) {
  return options.colour ? fmt::format("{}{}{}", code, text, reset) : std::string(text);
}

bool starts_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, starts_character));
}

// Exactly `width` columns: cut with "…" or filled with spaces.
std::string fitted(std::string_view text, std::size_t width) {
  const auto wide = columns(text);
  if (wide <= width) return std::string(text) + std::string(width - wide, ' ');
  std::string out;
  std::size_t taken = 0;
  for (const char c : text) {
    if (starts_character(c) && ++taken == width) break;
    out += c;
  }
  return out + "…";
}

// Without control characters, which could move the cursor or ring: the text may come from a service under test.
std::string printable(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return saasctl::printable(out);
}

// Broken at spaces so that no line is wider than `width` unless a word is.
std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (const auto& word : split(text, ' ')) {
    auto& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (columns(line) + 1 + columns(word) <= width) {
      line += " " + word;
    } else {
      lines.push_back(word);
    }
  }
  return lines;
}

std::string duration_text(std::chrono::nanoseconds duration) {
  return fmt::format("{:.2f} s", std::chrono::duration<double>(duration).count());
}

std::string labelled(std::string_view label, std::string_view text, const ConsoleOptions& options) {
  constexpr std::size_t indent = 13;
  const auto width = options.width > indent + 20 ? options.width - indent : 20;
  std::string out;
  for (const auto& line : wrapped(printable(text), width)) {
    const auto head = out.empty() ? fmt::format("    {:<9}", label) : std::string(indent, ' ');
    out += fmt::format("{}{}\n", painted(head, dim, options), line);
  }
  return out;
}

std::string failure_of(const StepResult& step, const ConsoleOptions& options) {
  const auto mark = mark_of(step.status);
  const auto place = step.where.empty() ? std::string() : fmt::format(" ({})", step.where);
  auto out = fmt::format("\n  {} {}{}\n", painted(mark.sign, mark.colour, options),
                         painted(printable(step.name), bold, options), painted(printable(place), dim, options));
  if (!step.message.empty())
    out += labelled(step.status == Status::skipped ? "skipped" : "error", step.message, options);
  for (const auto& finding : step.findings) {
    const auto where = finding.where.empty() || finding.where == step.where ? "" : fmt::format(" ({})", finding.where);
    out += labelled("expected", finding.expected + where, options);
    out += labelled("got", finding.got, options);
  }
  if (step.status == Status::skipped) return out;
  for (const auto& detail : step.details) out += labelled("done", detail, options);
  for (const auto& hint : step.hints) out += labelled("look at", hint, options);
  return out;
}

}  // namespace

std::string console_row(const StepResult& step, const ConsoleOptions& options) {
  constexpr std::size_t rest = 26;  // sign, status, seconds and the spaces between
  const auto mark = mark_of(step.status);
  const auto name = fitted(printable(step.name), options.width > rest + 20 ? options.width - rest : 20);
  return fmt::format("  {} {}  {} {:>10}\n", painted(mark.sign, mark.colour, options), name,
                     painted(fmt::format("{:<8}", mark.word), mark.colour, options), duration_text(step.duration));
}

std::string console_failures(const Report& report, const ConsoleOptions& options) {
  std::string out;
  for (const auto& step : report.steps) {
    if (step.status != Status::passed) out += failure_of(step, options);
  }
  return out;
}

std::string console_summary(const Report& report, const ConsoleOptions& options) {
  const auto passed = report.count(Status::passed);
  auto words = fmt::format("{} of {} checks passed", passed, report.steps.size());
  for (const auto status : {Status::failed, Status::error, Status::skipped}) {
    if (const auto count = report.count(status); count > 0) {
      words += fmt::format(", {} {}", count, status == Status::error ? "could not be run" : to_string(status));
    }
  }
  if (report.interrupted) words += ", interrupted";
  const auto colour = mark_of(report.passed() ? Status::passed : Status::failed).colour;
  return fmt::format("{} in {}\n", painted(words, colour, options), duration_text(report.duration));
}

std::string console(const Report& report, const ConsoleOptions& options) {
  std::string out;
  for (const auto& step : report.steps) out += console_row(step, options);
  out += console_failures(report, options);
  return out + "\n" + console_summary(report, options);
}

}  // namespace saasctl::report
