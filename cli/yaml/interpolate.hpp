// ${VARIABLE} in the user's text.
// Source: Compose specification, "Interpolation" (12-interpolation.md): $VAR, ${VAR}, :- - :? ? :+ + and $$. A '$' that
// is followed by none of these stands for itself, as in Compose.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saasctl::yaml {

// The value of a variable, or nothing when it is not set.
using Environment = std::function<std::optional<std::string>(std::string_view)>;

// One use of a variable, as far as a reader of .env files wants to know.
struct VariableUse {
  std::string name;
  std::optional<std::string> default_value;     // of :- or -
  std::optional<std::string> required_message;  // of :? or ?
  std::optional<std::string> replacement = {};  // of :+ or +
};

struct InterpolationError {
  std::size_t offset;  // of the offending '$' in the text
  std::size_t length;
  std::string message;
  std::string hint;
  bool only_unset = false;  // the text is right, but a required variable has no value
};

struct Interpolated {
  std::string text;
  std::vector<VariableUse> uses;
  std::vector<InterpolationError> errors;
  std::vector<std::string> unset;  // names without value and default: they became ""
};

Interpolated interpolate(std::string_view text, const Environment& environment);

// The text as it is with no variable set: every ${NAME:-default} is its default, $$ is $.
std::string without_variables(std::string_view text);

// True when the text holds a variable that interpolate() would replace.
bool has_variable(std::string_view text);

// The end of the variable that starts at text[at] == '$' (one past its last byte), so that a splitter can step over
// "${PORT:-80}" whole; at + 1 when none starts there.
std::size_t variable_end(std::string_view text, std::size_t at);

}  // namespace saasctl::yaml
