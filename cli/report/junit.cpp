#include "report/junit.hpp"

#include <fmt/format.h>

#include <string_view>

#include "report/time.hpp"

namespace saasctl::report {
namespace {

using verify::Report;
using verify::Status;
using verify::StepResult;

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

struct Character {
  std::size_t length;  // bytes
  bool allowed;        // in XML 1.0
};

// The UTF-8 sequence at the front of a text that is not empty (RFC 3629). A broken one counts as a single byte.
Character next_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return {1, first >= 0x20 || first == '\t' || first == '\n' || first == '\r'};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return {1, false};
  char32_t code = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0U) != 0x80U) return {1, false};
    code = (code << 6U) | (next & 0x3fU);
  }
  const bool too_long = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (too_long || surrogate || code > 0x10ffff) return {1, false};
  return {length, code != 0xfffe && code != 0xffff};
}

// As attribute value or text. Line breaks and tabs are written as references so that attributes keep them too.
std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto [length, allowed] = next_character(text);
    const auto character = text.substr(0, length);
    text.remove_prefix(length);
    if (!allowed) {
      out += replacement;
    } else if (character == "&") {
      out += "&amp;";
    } else if (character == "<") {
      out += "&lt;";
    } else if (character == ">") {
      out += "&gt;";
    } else if (character == "\"") {
      out += "&quot;";
    } else if (character == "\n" || character == "\r" || character == "\t") {
      out += fmt::format("&#{};", static_cast<int>(character.front()));
    } else {
      out += character;
    }
  }
  return out;
}

std::string headline(const StepResult& step) {
  if (!step.message.empty()) return step.message;
  if (step.findings.empty()) return std::string(to_string(step.status));
  return fmt::format("expected {}, got {}", step.findings.front().expected, step.findings.front().got);
}

std::string whole_text(const StepResult& step) {
  std::string out = step.where.empty() ? std::string() : step.where + "\n";
  if (!step.message.empty()) out += step.message + "\n";
  for (const auto& finding : step.findings) {
    out += fmt::format("expected: {}\n     got: {}\n", finding.expected, finding.got);
    if (!finding.where.empty()) out += fmt::format("      at: {}\n", finding.where);
  }
  for (const auto& detail : step.details) out += "done: " + detail + "\n";
  for (const auto& hint : step.hints) out += "look at: " + hint + "\n";
  return out;
}

std::string_view element_of(Status status) {
  switch (status) {
    case Status::failed:
      return "failure";
    case Status::error:
      return "error";
    case Status::skipped:
      return "skipped";
    case Status::passed:
      break;
  }
  return "";
}

std::string test_case(const Report& report, const StepResult& step) {
  const auto head = fmt::format("    <testcase classname=\"{}.verify\" name=\"{}\" time=\"{:.3f}\"",
                                escaped(report.project), escaped(step.name), seconds(step.duration));
  const auto element = element_of(step.status);
  if (element.empty()) return head + "/>\n";
  return fmt::format("{}>\n      <{} type=\"{}\" message=\"{}\">{}</{}>\n    </testcase>\n", head, element,
                     to_string(step.status), escaped(headline(step)), escaped(whole_text(step)), element);
}

}  // namespace

std::string junit(const Report& report) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  out += fmt::format(
      "  <testsuite name=\"verify\" package=\"{}\" id=\"0\" timestamp=\"{}\" hostname=\"localhost\" tests=\"{}\" "
      "failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\">\n    <properties/>\n",
      escaped(report.project), date_time(report.started), report.steps.size(), report.count(Status::failed),
      report.count(Status::error), report.count(Status::skipped), seconds(report.duration));
  for (const auto& step : report.steps) out += test_case(report, step);
  return out + "    <system-out/>\n    <system-err/>\n  </testsuite>\n</testsuites>\n";
}

}  // namespace saasctl::report
