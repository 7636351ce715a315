#include "declare/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "util/text.hpp"
#include "yaml/interpolate.hpp"

namespace saasctl::declare {
namespace {

struct Quantity {
  double number;
  std::string_view unit;
  std::string_view rest;
};

// The leading number and the letters after it; nothing when there is no number.
std::optional<Quantity> quantity(std::string_view text) {
  double number = 0;
  const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + digits) return std::nullopt;
  const auto after = text.substr(digits);
  const auto letters = std::min(after.find_first_of("0123456789."), after.size());
  return Quantity{number, after.substr(0, letters), after.substr(letters)};
}

struct Unit {
  std::string_view name;
  double factor;
};

constexpr std::array<Unit, 10> duration_units{{{"ns", 1},
                                               {"us", 1e3},
                                               {"\u00b5s", 1e3},
                                               {"\u03bcs", 1e3},
                                               {"ms", 1e6},
                                               {"s", 1e9},
                                               {"m", 60e9},
                                               {"h", 3600e9},
                                               {"d", 24 * 3600e9},
                                               {"w", 7 * 24 * 3600e9}}};

constexpr double largest = 9.2e18;  // just below the range of a 64-bit integer

// `count` with its last `digits` digits behind the point, as far as they are not zero.
std::string thousandths(std::int64_t count, int digits) {
  auto text = fmt::format("{:0{}}", count, digits + 1);
  text.insert(text.size() - static_cast<std::size_t>(digits), 1, '.');
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

// Splits one command line; Source: go-shellwords 1.0.15, Parser.Parse.
class CommandSplitter {
 public:
  CommandSplitter(std::string_view text, bool with_variables) : text_(text), with_variables_(with_variables) {}

  Parsed<std::vector<std::string>> split() {
    for (; at_ < text_.size(); ++at_) {
      if (take_variable()) continue;
      const char c = text_[at_];
      if (c == '\\' && within_ != '\'') {
        if (++at_ == text_.size()) return std::unexpected("a character after '\\'");
        take_escaped(text_[at_]);
      } else if (within_ == '\0' && is_space(c)) {
        end_word();
      } else if (within_ == '\0' && std::string_view(";&|<>").contains(c)) {
        // What is redirected by its number, as in "2>file", is not a word of the command.
        if (c == '>' && !word_.empty() && std::ranges::all_of(word_, is_digit)) in_word_ = false;
        break;
      } else if (c == '(' && (within_ == ')' || (within_ == '\0' && !opens_command()))) {
        return std::unexpected("a '$' or quotes before '('");
      } else if (c == ')' && within_ == '\0') {
        return std::unexpected("a '$(' or quotes before ')'");
      } else {
        take(c);
      }
    }
    if (within_ != '\0') return std::unexpected(fmt::format("a closing {}", within_));
    end_word();
    return std::move(words_);
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  bool opens_command() const { return word_.ends_with('$') && !word_.ends_with("\\$"); }

  void add(char c) {
    word_ += c;
    in_word_ = true;
  }

  // \n and \t are the line's end and the tab; `…` and $(…) keep the backslash for whoever runs them.
  void take_escaped(char c) {
    if (within_ == '`' || within_ == ')') {
      add('\\');
      add(c);
    } else {
      add(c == 'n' ? '\n' : c == 't' ? '\t' : c);
    }
  }

  void end_word() {
    if (in_word_) words_.push_back(std::move(word_));
    word_.clear();
    in_word_ = false;
  }

  bool take_variable() {
    if (!with_variables_ || text_[at_] != '$') return false;
    const auto end = variable_end(text_, at_);
    if (end <= at_ + 1) return false;
    word_ += text_.substr(at_, end - at_);
    in_word_ = true;
    at_ = end - 1;
    return true;
  }

  // Quotes begin or end, and so do `…` and $(…), which stay in the word.
  void take(char c) {
    const bool quotes = c == '\'' || c == '"';
    if (within_ == '\0' && (quotes || c == '`' || c == '(')) {
      within_ = c == '(' ? ')' : c;
    } else if (c == within_) {
      within_ = '\0';
    } else {
      return add(c);
    }
    if (quotes) {
      in_word_ = true;
    } else {
      add(c);
    }
  }

  std::string_view text_;
  bool with_variables_;
  std::size_t at_ = 0;
  std::vector<std::string> words_;
  std::string word_;
  bool in_word_ = false;
  char within_ = '\0';  // what closes the quotes, `…` or $(…)
};

}  // namespace

Parsed<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  constexpr auto expected = "a duration such as 500ms, 10s or 1m30s";
  if (text == "0") return std::chrono::nanoseconds{0};
  if (text.empty()) return std::unexpected(expected);
  double total = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const auto part = quantity(rest);
    if (!part) return std::unexpected(expected);
    const auto unit = std::ranges::find(duration_units, part->unit, &Unit::name);
    if (unit == duration_units.end()) {
      return std::unexpected(part->unit.empty()
                                 ? fmt::format("{} (a unit is missing: did you mean {}s?)", expected, text)
                                 : std::string(expected));
    }
    total += part->number * unit->factor;
    rest = part->rest;
  }
  if (total > largest) return std::unexpected("a duration below 292 years");
  return std::chrono::nanoseconds(std::llround(total));
}

Parsed<std::int64_t> parse_bytes(std::string_view text) {
  constexpr auto expected = "a size such as 64M, 1.5G or a number of bytes";
  if (text == "-1") return -1;
  if (const auto number = parse_decimal(text); number && *number >= 0 && *number <= largest)
    return std::llround(std::floor(*number));
  const auto part = quantity(trim(text));
  if (!part || !part->rest.empty()) return std::unexpected(expected);
  auto unit = to_lower(trim(part->unit));
  if (unit.ends_with("ib")) {
    unit.resize(unit.size() - 2);
  } else if (unit.ends_with('b')) {
    unit.pop_back();
  }
  constexpr std::string_view powers = "kmgtp";
  double factor = 1;
  if (!unit.empty()) {
    const auto power = powers.find(unit[0]);
    if (unit.size() != 1 || power == std::string_view::npos) return std::unexpected(expected);
    factor = std::pow(1024.0, static_cast<double>(power + 1));
  }
  const double bytes = part->number * factor;
  if (bytes > largest) return std::unexpected("a size below 8 EiB");
  return std::llround(std::floor(bytes));
}

Parsed<double> parse_decimal(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::unexpected("a number such as 0.5 or 2");
  }
  return value;
}

std::string format_duration(std::chrono::nanoseconds value) {
  auto rest = value.count();
  if (rest == 0) return "0s";
  if (rest < 1'000) return fmt::format("{}ns", rest);
  if (rest < 1'000'000) return thousandths(rest, 3) + "\u00b5s";
  if (rest < 1'000'000'000) return thousandths(rest, 6) + "ms";
  std::string out;
  const auto hours = rest / 3'600'000'000'000;
  rest %= 3'600'000'000'000;
  const auto minutes = rest / 60'000'000'000;
  rest %= 60'000'000'000;
  if (hours > 0) out += fmt::format("{}h", hours);
  if (hours > 0 || minutes > 0) out += fmt::format("{}m", minutes);
  return out + thousandths(rest, 9) + "s";
}

Parsed<unsigned> parse_file_mode(std::string_view text) {
  constexpr unsigned most = 07777;
  const auto digits = text.substr(text.starts_with("0o") ? 2 : 0);
  unsigned mode = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), mode, 8);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() || mode > most)
    return std::unexpected("an octal mode such as 0440");
  return mode;
}

std::string format_file_mode(unsigned mode) {
  return fmt::format("0{:o}", mode);
}

Parsed<std::vector<std::string>> split_command(std::string_view text, bool with_variables) {
  return CommandSplitter(text, with_variables).split();
}

Position Located::where(std::string_view key) const {
  for (const auto& [name, position] : keys) {
    if (name == key) return position;
  }
  return at;
}

const std::string* Located::text_of(std::string_view key) const {
  const auto found = std::ranges::find(texts, key, &std::pair<std::string, std::string>::first);
  return found == texts.end() ? nullptr : &found->second;
}

bool Located::has(std::string_view key) const {
  return std::ranges::any_of(keys, [&](const auto& entry) { return entry.first == key; });
}

}  // namespace saasctl::declare
