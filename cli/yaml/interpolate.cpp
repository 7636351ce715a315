#include "yaml/interpolate.hpp"

#include <fmt/format.h>

namespace saasctl::yaml {
namespace {

bool name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool name_part(char c) {
  return name_start(c) || (c >= '0' && c <= '9');
}

std::size_t name_length(std::string_view text) {
  if (text.empty() || !name_start(text[0])) return 0;
  std::size_t length = 1;
  while (length < text.size() && name_part(text[length])) ++length;
  return length;
}

// The index of the brace that closes the one before `from`, stepping over nested braces of any kind, so that a default
// may be JSON; npos when there is none.
std::size_t closing_brace(std::string_view text, std::size_t from) {
  int depth = 1;
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == '{') {
      ++depth;
    } else if (text[i] == '}' && --depth == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

constexpr int most_nested_variables = 32;

class Expander {
 public:
  Expander(const Environment& environment, Interpolated& result) : environment_(environment), result_(result) {}

  std::string expand(std::string_view text, std::size_t base, int depth = 0) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
      if (text[i] != '$') {
        out += text[i++];
      } else if (i + 1 < text.size() && text[i + 1] == '$') {
        out += '$';
        i += 2;
      } else if (i + 1 < text.size() && text[i + 1] == '{') {
        i = braced(text, i, base, depth, out);
      } else if (const auto length = name_length(text.substr(i + 1)); length > 0) {
        use({std::string(text.substr(i + 1, length)), {}, {}}, out);
        i += 1 + length;
      } else {  // as in "^a$" or "$1": what no name follows is no variable
        out += text[i++];
      }
    }
    return out;
  }

 private:
  void error(std::size_t offset, std::size_t length, std::string message, std::string hint, bool only_unset = false) {
    result_.errors.push_back({offset, length, std::move(message), std::move(hint), only_unset});
  }

  void use(VariableUse variable, std::string& out) {
    if (auto value = environment_(variable.name)) {
      out += *value;
    } else {
      result_.unset.push_back(variable.name);
    }
    result_.uses.push_back(std::move(variable));
  }

  // Expands the variable at text[at] and returns the index after it.
  std::size_t braced(std::string_view text, std::size_t at, std::size_t base, int depth, std::string& out) {
    const auto close = closing_brace(text, at + 2);
    if (depth > most_nested_variables) {
      error(base + at, 2, "variables nested too deeply", "at most 32 may stand inside one another");
      return text.size();
    }
    if (close == std::string_view::npos) {
      error(base + at, text.size() - at, "'${' without its '}'", "write '$$' for a dollar sign");
      return text.size();
    }
    const auto inner = text.substr(at + 2, close - at - 2);
    const auto length = name_length(inner);
    if (length == 0) {
      error(base + at, close + 1 - at, fmt::format("'{}' names no variable", text.substr(at, close + 1 - at)),
            "a name is letters, digits and '_'; write '$$' for a dollar sign");
      return close + 1;
    }
    std::string name(inner.substr(0, length));
    auto rest = inner.substr(length);
    if (rest.empty()) {
      use({std::move(name), {}, {}}, out);
      return close + 1;
    }
    const bool colon = rest[0] == ':';
    if (colon) rest.remove_prefix(1);
    if (rest.empty() || std::string_view("-?+").find(rest[0]) == std::string_view::npos) {
      error(base + at, close + 1 - at,
            fmt::format("'{}' is not a valid variable expression", text.substr(at, close + 1 - at)),
            "the forms are ${NAME}, ${NAME:-default}, ${NAME:?message} and ${NAME:+replacement}");
      return close + 1;
    }
    const std::size_t word_base = base + static_cast<std::size_t>(rest.data() - text.data()) + 1;
    operate(std::move(name), rest[0], colon, rest.substr(1), base + at, close + 1 - at, word_base, depth, out);
    return close + 1;
  }

  void operate(std::string name, char operation, bool colon, std::string_view word, std::size_t offset,
               std::size_t length, std::size_t word_base, int depth, std::string& out) {
    const auto value = environment_(name);
    const bool has = value && (!colon || !value->empty());
    VariableUse variable{name, {}, {}};
    if (operation == '-') {
      variable.default_value = std::string(word);
      out += has ? *value : expand(word, word_base, depth + 1);
    } else if (operation == '+') {
      variable.replacement = std::string(word);
      if (has) out += expand(word, word_base, depth + 1);
    } else {
      variable.required_message = std::string(word);
      if (has) {
        out += *value;
      } else {
        const auto message = expand(word, word_base, depth + 1);
        error(offset, length,
              fmt::format("variable {} is required: {}", name, message.empty() ? "it is not set" : message),
              fmt::format("set {} in the environment or in .env", name), true);
      }
    }
    result_.uses.push_back(std::move(variable));
  }

  const Environment& environment_;
  Interpolated& result_;
};

}  // namespace

Interpolated interpolate(std::string_view text, const Environment& environment) {
  Interpolated result;
  if (text.find('$') == std::string_view::npos) {
    result.text = text;
    return result;
  }
  result.text = Expander(environment, result).expand(text, 0);
  return result;
}

std::string without_variables(std::string_view text) {
  return interpolate(text, [](std::string_view) { return std::optional<std::string>(); }).text;
}

bool has_variable(std::string_view text) {
  for (std::size_t i = text.find('$'); i != std::string_view::npos; i = text.find('$', i + 1)) {
    if (i + 1 < text.size() && text[i + 1] == '$') {
      ++i;
    } else if (i + 1 < text.size() && (text[i + 1] == '{' || name_start(text[i + 1]))) {
      return true;
    }
  }
  return false;
}

std::size_t variable_end(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size() || text[at] != '$') return at + 1;
  if (text[at + 1] == '$') return at + 2;
  if (text[at + 1] == '{') {
    const auto close = closing_brace(text, at + 2);
    return close == std::string_view::npos ? text.size() : close + 1;
  }
  return at + 1 + name_length(text.substr(at + 1));
}

}  // namespace saasctl::yaml
