#include "verify/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "util/regex.hpp"
#include "util/text.hpp"
#include "verify/redactor.hpp"

namespace saasctl::verify {
namespace {

using declare::Json;
using stack::Expectation;

std::optional<double> number(const Json& value, Origin origin) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string() || origin == Origin::json) return std::nullopt;
  const auto parsed = declare::parse_decimal(trim(value.get_ref<const std::string&>()));
  return parsed ? std::optional(*parsed) : std::nullopt;
}

bool equal(const Json& value, const Json& wanted, Origin origin) {
  if (origin == Origin::text && !wanted.is_string()) {
    if (wanted.is_number()) return number(value, origin) == wanted.get<double>();
    return value == Json(as_text(wanted));
  }
  if (value.is_object() && wanted.is_object()) {
    // Members in any order, which the ordered type's own comparison does not allow.
    return value.size() == wanted.size() && std::ranges::all_of(wanted.items(), [&](const auto& member) {
             const auto found = value.find(member.key());
             return found != value.end() && equal(*found, member.value(), origin);
           });
  }
  if (value.is_array() && wanted.is_array()) {
    return std::ranges::equal(value, wanted, [&](const Json& a, const Json& b) { return equal(a, b, origin); });
  }
  return value == wanted;
}

// Equal, or an object that has at least the wanted members.
bool includes(const Json& value, const Json& wanted, Origin origin) {
  if (!value.is_object() || !wanted.is_object()) return equal(value, wanted, origin);
  return std::ranges::all_of(wanted.items(), [&](const auto& member) {
    const auto found = value.find(member.key());
    return found != value.end() && includes(*found, member.value(), origin);
  });
}

bool contains(const Json& value, const Json& wanted, Origin origin) {
  if (value.is_array()) {
    return std::ranges::any_of(value, [&](const Json& item) { return includes(item, wanted, origin); });
  }
  if (value.is_object()) return wanted.is_object() && includes(value, wanted, origin);
  if (!value.is_string()) return false;
  const auto text = as_text(wanted);
  return value.get_ref<const std::string&>().find(text) != std::string::npos;
}

bool has_type(const Json& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "number") return value.is_number();
  if (type == "integer") return value.is_number_integer();
  if (type == "boolean") return value.is_boolean();
  if (type == "list") return value.is_array();
  if (type == "object") return value.is_object();
  return value.is_null();
}

// Collects the mismatches of one value.
class Comparer {
 public:
  Comparer(const Json& value, Origin origin) : value_(value), origin_(origin) {}

  std::vector<Mismatch> all(const Expectation& expectation) {
    equality(expectation);
    texts(expectation);
    numbers(expectation);
    if (expectation.type) hold(has_type(value_, *expectation.type), "a value of type " + *expectation.type);
    for (const auto& inner : expectation.length) length(inner);
    for (const auto& inner : expectation.negated) negation(inner);
    return std::move(mismatches_);
  }

 private:
  void hold(bool holds, std::string expected) {
    if (!holds) mismatches_.push_back({std::move(expected), show(value_)});
  }

  void equality(const Expectation& expectation) {
    if (expectation.exists && !*expectation.exists) hold(false, "nothing");
    if (expectation.equals) hold(equal(value_, *expectation.equals, origin_), show(*expectation.equals));
    if (expectation.contains) {
      hold(contains(value_, *expectation.contains, origin_), "something that contains " + show(*expectation.contains));
    }
    if (expectation.one_of.empty()) return;
    const bool found =
        std::ranges::any_of(expectation.one_of, [&](const Json& one) { return equal(value_, one, origin_); });
    hold(found, "one of " + show(expectation.one_of));
  }

  void texts(const Expectation& expectation) {
    const auto* text = value_.is_string() ? &value_.get_ref<const std::string&>() : nullptr;
    if (expectation.starts_with) {
      hold(text && text->starts_with(*expectation.starts_with),
           "a text that starts with " + show(*expectation.starts_with));
    }
    if (expectation.ends_with) {
      hold(text && text->ends_with(*expectation.ends_with), "a text that ends with " + show(*expectation.ends_with));
    }
    if (expectation.matches) matches(text, *expectation.matches);
  }

  void matches(const std::string* text, const std::string& expression) {
    const auto expected = "a match of /" + expression + "/";
    if (!text) return hold(false, expected);
    const auto regex = Regex::compile(expression);
    if (!regex) {
      mismatches_.push_back({expected, "an expression that cannot be used: " + regex.error().reason, false});
      return;
    }
    const auto found = regex->matches_line(*text);
    if (!found) {
      mismatches_.push_back({expected, found.error().message, false});
    } else {
      hold(*found, expected);
    }
  }

  void numbers(const Expectation& expectation) {
    compare_number(expectation.gt, std::greater<>{}, "greater than");
    compare_number(expectation.ge, std::greater_equal<>{}, "at least");
    compare_number(expectation.lt, std::less<>{}, "less than");
    compare_number(expectation.le, std::less_equal<>{}, "at most");
  }

  template <typename Relation>
  void compare_number(const std::optional<Json>& operand, Relation relation, std::string_view words) {
    if (!operand) return;
    const auto left = number(value_, origin_);
    const auto right = number(*operand, Origin::text);
    hold(left && right && relation(*left, *right), fmt::format("a number {} {}", words, show(*operand)));
  }

  void negation(const Expectation& expectation) {
    auto inner = compare(expectation, &value_, origin_);
    const auto unjudged = std::ranges::find(inner, false, &Mismatch::judged);
    if (unjudged == inner.end()) return hold(!inner.empty(), "not " + describe(expectation));
    mismatches_.push_back({"not " + unjudged->expected, std::move(unjudged->got), false});
  }

  void length(const Expectation& expectation) {
    if (!value_.is_structured() && !value_.is_string()) return hold(false, "a length of " + describe(expectation));
    const Json size = value_.is_string() ? value_.get_ref<const std::string&>().size() : value_.size();
    for (const auto& mismatch : compare(expectation, &size, Origin::json)) {
      mismatches_.push_back(
          {"a length of " + mismatch.expected, fmt::format("{}: {}", mismatch.got, show(value_)), mismatch.judged});
    }
  }

  const Json& value_;
  Origin origin_;
  std::vector<Mismatch> mismatches_;
};

// Whether an absent value is what the expectation wants.
bool absence_fits(const Expectation& expectation) {
  if (expectation.exists) return !*expectation.exists;
  return !expectation.negated.empty() && expectation.keys.size() == 1;
}

}  // namespace

std::vector<Mismatch> compare(const Expectation& expectation, const Json* value, Origin origin) {
  if (value) return Comparer(*value, origin).all(expectation);
  if (absence_fits(expectation)) return {};
  return {{describe(expectation), "nothing"}};
}

std::string describe(const Expectation& expectation) {
  std::vector<std::string> parts;
  if (expectation.exists) parts.emplace_back(*expectation.exists ? "anything" : "nothing");
  if (expectation.equals) parts.push_back(show(*expectation.equals));
  if (!expectation.one_of.empty()) parts.push_back("one of " + show(expectation.one_of));
  if (expectation.contains) parts.push_back("something that contains " + show(*expectation.contains));
  if (expectation.matches) parts.push_back("a match of /" + *expectation.matches + "/");
  if (expectation.starts_with) parts.push_back("a text that starts with " + show(*expectation.starts_with));
  if (expectation.ends_with) parts.push_back("a text that ends with " + show(*expectation.ends_with));
  if (expectation.type) parts.push_back("a value of type " + *expectation.type);
  if (expectation.gt) parts.push_back("a number greater than " + show(*expectation.gt));
  if (expectation.ge) parts.push_back("a number at least " + show(*expectation.ge));
  if (expectation.lt) parts.push_back("a number less than " + show(*expectation.lt));
  if (expectation.le) parts.push_back("a number at most " + show(*expectation.le));
  for (const auto& inner : expectation.length) parts.push_back("a length of " + describe(inner));
  for (const auto& inner : expectation.negated) parts.push_back("not " + describe(inner));
  return join(parts, " and ");
}

std::string as_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string show(const Json& value, std::size_t most) {
  return shortened(redacted(value).dump(-1, ' ', false, Json::error_handler_t::replace), most);
}

std::string shortened(std::string_view text, std::size_t most) {
  auto end = std::min(text.size(), most);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  std::string out;
  for (const char c : text.substr(0, end)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  if (end < text.size()) out += "…";
  return out;
}

}  // namespace saasctl::verify
