// The text of the files the user wrote, and places in it.
#pragma once

#include <compare>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace saasctl::yaml {

struct Position;

// One file, kept whole (but for a byte order mark, which no editor counts) so that an error can show its line.
// Immutable.
class Source {
 public:
  Source(std::filesystem::path path, std::string text);

  const std::filesystem::path& path() const { return path_; }
  const std::string& text() const { return text_; }

  // Line `number` (1-based) without its line break; empty past the end.
  std::string_view line(std::size_t number) const;

  // The byte of text() that a position of this source names; text().size() past the end.
  std::size_t offset(const Position& position) const;

  // The reverse.
  Position position(std::size_t offset) const;

 private:
  std::filesystem::path path_;
  std::string text_;
  std::vector<std::size_t> starts_;
};

// A place in a source; line and column are 1-based and count bytes. A default Position belongs to no file.
struct Position {
  const Source* source = nullptr;  // not owned; lives as long as the Document that read it
  std::size_t line = 0;
  std::size_t column = 0;

  explicit operator bool() const { return source != nullptr; }
  friend bool operator==(const Position&, const Position&) = default;
};

// "path:line:column", or "" for a default Position.
std::string to_string(const Position& position);

}  // namespace saasctl::yaml
