// Between C++ values and PostgreSQL's text format, for generated code.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "common/core/timestamp.hpp"
#include "common/runtime/postgres.hpp"

namespace saasctl::services::postgres {

// The database's columns are not those this program was generated for.
class UnexpectedValue : public std::runtime_error {
 public:
  explicit UnexpectedValue(int column)
      : std::runtime_error("column " + std::to_string(column + 1) + " holds a value of an unexpected type") {}
};

inline Parameter encode(std::string value) {
  return value;
}
inline Parameter encode(std::int64_t value) {
  return std::to_string(value);
}
inline Parameter encode(std::int32_t value) {
  return std::to_string(value);
}
inline Parameter encode(bool value) {
  return value ? "true" : "false";
}
inline Parameter encode(Timestamp value) {
  return format_timestamp(value);
}
inline Parameter encode(double value) {
  std::string text(32, '\0');
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  text.resize(static_cast<std::size_t>(end - text.data()));
  return text;
}
template <class T>
Parameter encode(const std::optional<T>& value) {
  return value ? encode(*value) : std::nullopt;
}

inline std::optional<std::string> decode_text(std::string_view text, const std::string*) {
  return std::string(text);
}
inline std::optional<Timestamp> decode_text(std::string_view text, const Timestamp*) {
  return parse_timestamp(text);
}
inline std::optional<bool> decode_text(std::string_view text, const bool*) {
  if (text != "t" && text != "f") return std::nullopt;
  return text == "t";
}
template <class Number>
std::optional<Number> decode_text(std::string_view text, const Number*) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template <class T>
struct Decoder {
  static T decode(std::optional<std::string_view> text, int column) {
    auto value = text ? decode_text(*text, static_cast<const T*>(nullptr)) : std::nullopt;
    if (!value) throw UnexpectedValue(column);
    return std::move(*value);
  }
};

template <class T>
struct Decoder<std::optional<T>> {
  static std::optional<T> decode(std::optional<std::string_view> text, int column) {
    if (!text) return std::nullopt;
    return Decoder<T>::decode(text, column);
  }
};

// Throws UnexpectedValue.
template <class T>
T decode(const Rows& rows, int row, int column) {
  return Decoder<T>::decode(rows.at(row, column), column);
}

}  // namespace saasctl::services::postgres
