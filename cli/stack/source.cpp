#include "stack/source.hpp"

#include <fmt/format.h>

namespace saasctl::stack {

Source::Source(std::filesystem::path path, std::string text) : path_(std::move(path)), text_(std::move(text)) {
  starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') starts_.push_back(i + 1);
  }
}

std::string_view Source::line(std::size_t number) const {
  if (number == 0 || number > starts_.size()) return {};
  const std::size_t start = starts_[number - 1];
  const std::size_t end = std::min(text_.find_first_of("\r\n", start), text_.size());
  return std::string_view(text_).substr(start, end - start);
}

std::string to_string(const Position& position) {
  if (!position) return "";
  return fmt::format("{}:{}:{}", position.source->path().string(), position.line, position.column);
}

}  // namespace saasctl::stack
