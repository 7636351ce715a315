#include "util/regex.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "util/text.hpp"

namespace saasctl {
namespace {

// Of a compiled expression and what it remembers while it searches.
constexpr std::int64_t most_memory = 1 << 20;

// Of a compiled expression.
constexpr int most_instructions = 16'384;

// Instructions of the program times bytes of text: what RE2's slowest way of searching takes is proportional to it.
// Some five seconds at worst; usual expressions take a few nanoseconds a byte.
constexpr std::size_t most_work = std::size_t{1} << 30;

// The text with U+FFFD in the place of every byte that is not UTF-8.
std::string valid_utf8(std::string_view text) {
  std::string out;
  while (const auto wrong = find_invalid_utf8(text)) {
    out += text.substr(0, *wrong);
    out += "\ufffd";
    text.remove_prefix(*wrong + 1);
  }
  return out += text;
}

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

Regex::Regex(std::unique_ptr<re2::RE2> compiled) : compiled_(std::move(compiled)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

std::expected<Regex, Regex::Invalid> Regex::compile(std::string_view expression) {
  if (expression.size() > longest_expression)
    return std::unexpected(Invalid{fmt::format("it is longer than {} bytes", longest_expression)});
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(most_memory);
  auto compiled = std::make_unique<re2::RE2>(piece(expression), options);
  if (compiled->ok() && compiled->ProgramSize() > most_instructions)
    return std::unexpected(Invalid{"it is too large: its repetitions multiply"});
  if (compiled->ok()) return Regex(std::move(compiled));
  Invalid invalid{compiled->error(), compiled->error_arg()};
  if (!invalid.part.empty() && invalid.reason.ends_with(": " + invalid.part))
    invalid.reason.resize(invalid.reason.size() - invalid.part.size() - 2);
  return std::unexpected(std::move(invalid));
}

std::size_t Regex::longest_text() const {
  return most_work / static_cast<std::size_t>(std::max(1, compiled_->ProgramSize()));
}

// Calls `visit` for each line until it returns true.
template <typename Visit>
Result<void> Regex::for_each_line(std::string_view text, Visit visit) const {
  if (text.size() > longest_text()) {
    return failure(fmt::format("{} bytes are more than this expression can search ({})", text.size(), longest_text()),
                   "use a simpler expression, with smaller repetitions such as {1,100}");
  }
  std::string repaired;
  if (find_invalid_utf8(text)) {
    repaired = valid_utf8(text);
    text = repaired;
  }
  for (std::size_t from = 0; from <= text.size();) {
    const auto end = std::min(text.find('\n', from), text.size());
    if (visit(piece(text.substr(from, end - from)))) break;
    from = end + 1;
  }
  return {};
}

Result<bool> Regex::matches_line(std::string_view text) const {
  bool found = false;
  const auto searched = for_each_line(text, [&](const re2::StringPiece& line) {
    found = compiled_->Match(line, 0, line.size(), re2::RE2::UNANCHORED, nullptr, 0);
    return found;
  });
  if (!searched) return std::unexpected(searched.error());
  return found;
}

Result<std::optional<std::string>> Regex::find_in_lines(std::string_view text) const {
  std::optional<std::string> found;
  const int wanted = compiled_->NumberOfCapturingGroups() > 0 ? 1 : 0;
  const auto searched = for_each_line(text, [&](const re2::StringPiece& line) {
    std::array<re2::StringPiece, 2> groups;
    if (!compiled_->Match(line, 0, line.size(), re2::RE2::UNANCHORED, groups.data(), wanted + 1)) return false;
    const auto& group = groups[static_cast<std::size_t>(wanted)];
    found.emplace(group.data() ? std::string(group.data(), group.size()) : std::string());
    return true;
  });
  if (!searched) return std::unexpected(searched.error());
  return found;
}

}  // namespace saasctl
