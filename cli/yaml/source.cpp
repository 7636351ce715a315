#include "yaml/source.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace saasctl::yaml {

Source::Source(std::filesystem::path path, std::string text) : path_(std::move(path)), text_(std::move(text)) {
  if (text_.starts_with("\xef\xbb\xbf")) text_.erase(0, 3);
  starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') starts_.push_back(i + 1);
  }
}

std::string_view Source::line(std::size_t number) const {
  if (number == 0 || number > starts_.size()) return {};
  const std::size_t start = starts_[number - 1];
  std::size_t end = number < starts_.size() ? starts_[number] - 1 : text_.size();
  if (end > start && text_[end - 1] == '\r') --end;
  return std::string_view(text_).substr(start, end - start);
}

std::size_t Source::offset(const Position& position) const {
  if (position.line == 0 || position.line > starts_.size()) return text_.size();
  return std::min(starts_[position.line - 1] + position.column - 1, text_.size());
}

Position Source::position(std::size_t offset) const {
  const auto after = std::ranges::upper_bound(starts_, offset);
  const auto line = static_cast<std::size_t>(after - starts_.begin());
  return {this, line, offset - starts_[line - 1] + 1};
}

std::string to_string(const Position& position) {
  if (!position) return "";
  return fmt::format("{}:{}:{}", position.source->path().string(), position.line, position.column);
}

}  // namespace saasctl::yaml
