// The small values of a stack file: each keeps the text the user wrote beside what it means.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/source.hpp"

namespace saasctl::declare {

// A codec reads YAML: its signatures are made of the names of that room.
using namespace yaml;

// Two values are equal when they mean the same; the text is how they were written.
struct Duration {
  std::chrono::nanoseconds value{};
  std::string text = {};
  friend bool operator==(const Duration& a, const Duration& b) { return a.value == b.value; }
};

struct Bytes {
  std::int64_t value = 0;
  std::string text = {};
  friend bool operator==(const Bytes& a, const Bytes& b) { return a.value == b.value; }
};

struct Integer {
  std::int64_t value = 0;
  std::string text = {};
  friend bool operator==(const Integer& a, const Integer& b) { return a.value == b.value; }
};

struct Decimal {
  double value = 0;
  std::string text = {};
  friend bool operator==(const Decimal& a, const Decimal& b) { return a.value == b.value; }
};

// Parsers return what was expected instead when the text is wrong.
template <typename T>
using Parsed = std::expected<T, std::string>;

// "1h2m3.5s", "500ms", "1w2d": at least one number with a unit of ns us µs ms s m h d w.
// Source: Compose specification, "Specifying durations" (11-extension.md); compose-go v2, types/duration.go.
Parsed<std::chrono::nanoseconds> parse_duration(std::string_view text);

// "64m", "1.5gb", "1024", "1e3", "2KiB": binary multiples whatever the spelling; -1 is no limit.
// Source: Compose specification, "Specifying byte values" (11-extension.md); docker/go-units RAMInBytes.
Parsed<std::int64_t> parse_bytes(std::string_view text);

Parsed<double> parse_decimal(std::string_view text);

// "1m30s", "1.5s", "20µs": exact, as Go's time.Duration prints it. `value` is not negative.
std::string format_duration(std::chrono::nanoseconds value);

// Permission bits from octal digits, up to 07777, and their text with a leading 0.
Parsed<unsigned> parse_file_mode(std::string_view text);
std::string format_file_mode(unsigned mode);

// Splits a command line into words as Compose does ('…', "…", and \ before any character outside '…', where \n and \t
// are the line's end and the tab), without any expansion: `…` and $(…) stay in their word as they are, and the first ;
// & | < > ends the command. With variables, a "${…}" is one piece whatever it holds. Source: go-shellwords 1.0.15.
Parsed<std::vector<std::string>> split_command(std::string_view text, bool with_variables = true);

// Base of every record of the file: where it stands and where each of its keys stands.
struct Located {
  Position at = {};
  std::vector<std::pair<std::string, Position>> keys = {};
  std::vector<std::pair<std::string, std::string>> texts = {};  // in verbatim mode: booleans that hang on a variable

  // The position of the key, or of the record when the user did not write the key.
  Position where(std::string_view key) const;
  bool has(std::string_view key) const;
  // What was written for the key in `texts`, or nullptr.
  const std::string* text_of(std::string_view key) const;
};

// One named member of a map whose order the user chose.
template <typename T>
struct Named {
  std::string name;
  Position at = {};  // of the name
  T value = {};
};

template <typename T>
struct Map {
  std::vector<Named<T>> entries = {};

  const T* find(std::string_view name) const {
    for (const auto& entry : entries) {
      if (entry.name == name) return &entry.value;
    }
    return nullptr;
  }
  bool empty() const { return entries.empty(); }
  std::size_t size() const { return entries.size(); }
  auto begin() const { return entries.begin(); }
  auto end() const { return entries.end(); }
  auto begin() { return entries.begin(); }
  auto end() { return entries.end(); }
};

// KEY=VALUE entries; absent: the key alone.
using Pairs = Map<std::optional<std::string>>;

// A string with its place, for names that are checked later.
struct Word {
  std::string text;
  Position at = {};
  friend bool operator==(const Word& a, const Word& b) { return a.text == b.text; }
};

}  // namespace saasctl::declare
