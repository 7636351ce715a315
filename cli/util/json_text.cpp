#include "util/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <concepts>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace saasctl {
namespace {

// Builds a value from the parser's events. nlohmann's own builder knows no depth, and in an ordered object it looks for
// each new member among all earlier ones.
template <typename Json>
class Builder : public nlohmann::json_sax<Json> {
 public:
  using typename nlohmann::json_sax<Json>::number_integer_t;
  using typename nlohmann::json_sax<Json>::number_unsigned_t;
  using typename nlohmann::json_sax<Json>::number_float_t;
  using typename nlohmann::json_sax<Json>::string_t;
  using typename nlohmann::json_sax<Json>::binary_t;

  Builder(std::string_view text, JsonLimits limits) : text_(text), limits_(limits) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // not in JSON texts

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool key(string_t& name) override {
    levels_.back().name = std::move(name);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    if (dynamic_cast<const typename Json::out_of_range*>(&error)) {
      error_ = "a number is out of range" + place(position);
    } else if (text_.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      error_ = "empty";
    } else {
      error_ = "syntax error" + place(position);
    }
    return false;
  }

  Json value() && { return std::move(root_); }
  const std::string& error() const { return error_; }

 private:
  struct Level {
    Json value;
    std::string name = {};                                    // object: of the member whose value comes next
    std::unordered_map<std::string, std::size_t> known = {};  // ordered object: where its members are
  };

  // `position` counts the bytes read so far, the offending one included.
  std::string place(std::size_t position) const {
    const auto before = text_.substr(0, position == 0 ? 0 : std::min(position - 1, text_.size()));
    const auto line = std::ranges::count(before, '\n') + 1;
    const auto start = before.rfind('\n');
    const auto column = before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
    return fmt::format(" at line {}, column {}", line, column);
  }

  bool open(Json value) {
    if (levels_.size() >= limits_.depth) {
      error_ = fmt::format("nested too deeply: more than {} levels", limits_.depth);
      return false;
    }
    levels_.push_back({std::move(value)});
    return true;
  }

  bool close() {
    auto value = std::move(levels_.back().value);
    levels_.pop_back();
    return add(std::move(value));
  }

  template <typename Value>
  bool add(Value&& value) {
    if (levels_.empty()) {
      root_ = std::forward<Value>(value);
    } else if (auto& level = levels_.back(); level.value.is_array()) {
      level.value.push_back(std::forward<Value>(value));
    } else {
      set_member(level, Json(std::forward<Value>(value)));
    }
    return true;
  }

  static void set_member(Level& level, Json value) {
    auto& members = level.value.template get_ref<typename Json::object_t&>();
    if constexpr (std::same_as<Json, nlohmann::ordered_json>) {
      const auto [place, fresh] = level.known.emplace(level.name, members.size());
      if (fresh) {
        members.emplace_back(std::move(level.name), std::move(value));
      } else {
        (members.begin() + static_cast<std::ptrdiff_t>(place->second))->second = std::move(value);
      }
    } else {
      members.insert_or_assign(std::move(level.name), std::move(value));
    }
  }

  std::string_view text_;
  JsonLimits limits_;
  std::vector<Level> levels_;
  Json root_;
  std::string error_ = "syntax error";
};

template <typename Json>
Result<Json> parse(std::string_view text, JsonLimits limits) {
  Builder<Json> builder(text, limits);
  if (!Json::sax_parse(text, &builder)) return failure(builder.error());
  return std::move(builder).value();
}

}  // namespace

Result<nlohmann::json> parse_json(std::string_view text, JsonLimits limits) {
  return parse<nlohmann::json>(text, limits);
}

Result<nlohmann::ordered_json> parse_ordered_json(std::string_view text, JsonLimits limits) {
  return parse<nlohmann::ordered_json>(text, limits);
}

}  // namespace saasctl
