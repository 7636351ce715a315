#include "codegen/diagnostic.hpp"

#include <algorithm>
#include <numeric>

namespace saasctl::codegen {

namespace {

// Levenshtein's distance, one row at a time.
std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string render(const Source& source, const Diagnostic& diagnostic) {
  const std::string_view text = source.text;
  const std::size_t offset = std::min(diagnostic.offset, text.size());
  const std::size_t newline = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  const std::string_view line = text.substr(start, text.find('\n', start) - start);
  const auto number = std::ranges::count(text.substr(0, start), '\n') + 1;
  const std::size_t column = offset - start + 1;
  return source.name + ":" + std::to_string(number) + ":" + std::to_string(column) + ": error: " + diagnostic.message +
         "\n" + std::string(line) + "\n" + std::string(column - 1, ' ') + "^\n";
}

std::string suggestion(std::string_view wrong, const std::vector<std::string>& candidates) {
  constexpr std::size_t kFarthest = 2;
  const auto distance = [wrong](const std::string& candidate) { return edit_distance(wrong, candidate); };
  const auto nearest = std::ranges::min_element(candidates, {}, distance);
  if (nearest == candidates.end() || distance(*nearest) > kFarthest) return "";
  return " Did you mean '" + *nearest + "'?";
}

}  // namespace saasctl::codegen
