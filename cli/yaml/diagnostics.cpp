#include "yaml/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <unordered_map>

#include "util/printable.hpp"
#include "util/text.hpp"

namespace saasctl::yaml {
namespace {

// A window of a very long line, so that a message stays readable.
struct Excerpt {
  std::string text;
  std::size_t caret;
};

constexpr std::size_t longest_line = 160;
constexpr std::size_t longest_message = 600;
constexpr std::size_t most_shown = 50;

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// The line without what a terminal obeys, byte for byte, so that the caret stays below its place.
std::string harmless(std::string_view line) {
  std::string text(line);
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  for (std::size_t from = 0; from < text.size();) {
    const auto bad = find_invalid_utf8(std::string_view(text).substr(from));
    if (!bad) break;
    from += *bad;
    text[from++] = '?';
  }
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const bool c1 = text[i] == '\xc2' && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c1) text[i + 1] = '\xb7';  // a middle dot
  }
  return text;
}

Excerpt excerpt(std::string_view line, std::size_t column) {
  std::size_t from = 0;
  if (line.size() > longest_line && column > longest_line / 2) from = column - longest_line / 2;
  from = std::min(from, line.size());
  while (from > 0 && from < line.size() && continues_character(line[from])) --from;
  std::size_t end = std::min(from + longest_line, line.size());
  while (end > from && end < line.size() && continues_character(line[end])) --end;
  return {harmless(line.substr(from, end - from)), column - 1 - std::min(from, column - 1)};
}

// Columns that the first `bytes` bytes take on a terminal, counting one for each UTF-8 sequence.
std::size_t columns(std::string_view text, std::size_t bytes) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text.substr(0, bytes), [](char c) { return !continues_character(c); }));
}

std::string shown(std::string_view message) {
  auto out = printable_line(message);
  if (out.size() <= longest_message) return out;
  auto end = longest_message;
  while (continues_character(out[end])) --end;
  return out.substr(0, end) + "…";
}

std::string render(const Diagnostic& diagnostic) {
  std::string out;
  if (!diagnostic.at) {
    out = fmt::format("error: {}\n", shown(diagnostic.message));
  } else {
    const auto line = diagnostic.at.source->line(diagnostic.at.line);
    const auto [text, caret] = excerpt(line, diagnostic.at.column);
    const auto before = columns(text, caret);
    const auto under = std::max<std::size_t>(1, columns(text, caret + diagnostic.length) - before);
    const auto number = std::to_string(diagnostic.at.line);
    out = fmt::format("{}: error: {}\n{:>6} | {}\n       | {}^{}\n", shown(to_string(diagnostic.at)),
                      shown(diagnostic.message), number, text, std::string(before, ' '), std::string(under - 1, '~'));
  }
  if (!diagnostic.hint.empty()) out += fmt::format("       = {}\n", shown(diagnostic.hint));
  return out;
}

}  // namespace

void Diagnostics::add(Position at, std::size_t length, std::string message, std::string hint) {
  const bool fresh = known_.emplace(at.source, at.line, at.column, message).second;
  if (fresh) list_.push_back({at, length, std::move(message), std::move(hint)});
}

std::string Diagnostics::text() const {
  std::unordered_map<const Source*, std::size_t> files;  // in the order of their first diagnostic
  for (const auto& diagnostic : list_) files.emplace(diagnostic.at.source, files.size());
  std::vector<const Diagnostic*> sorted;
  for (const auto& diagnostic : list_) sorted.push_back(&diagnostic);
  std::ranges::stable_sort(sorted, {}, [&](const Diagnostic* diagnostic) {
    return std::tuple(files.at(diagnostic->at.source), diagnostic->at.line, diagnostic->at.column);
  });
  std::string out;
  for (const auto* diagnostic : sorted | std::views::take(most_shown)) out += render(*diagnostic);
  if (const auto more = sorted.size() - std::min(sorted.size(), most_shown); more > 0)
    out += fmt::format("and {} more {}\n", more, more == 1 ? "error" : "errors");
  return out;
}

Error Diagnostics::error() const {
  auto all = text();
  while (all.ends_with('\n')) all.pop_back();
  return {ErrorKind::usage, std::move(all), {}};
}

}  // namespace saasctl::yaml
