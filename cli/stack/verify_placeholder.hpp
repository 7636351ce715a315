// {{name}} in the texts of a verification plan.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace saasctl::stack {

// One {{name}}: where it stands in the text, braces included, and the name without surrounding spaces.
struct Placeholder {
  std::size_t offset = 0;
  std::size_t length = 0;
  std::string name;
};

// All of them in order. The error says what is wrong: "{{" without "}}", or something between them that is no name
// (letters, digits and _, not beginning with a digit).
std::expected<std::vector<Placeholder>, std::string> placeholders(std::string_view text);

// Letters, digits and _, not beginning with a digit.
bool is_placeholder_name(std::string_view name);

// Names whose value the tool makes anew at every use.
inline constexpr std::string_view random_name = "random";  // ten lower-case letters and digits
inline constexpr std::string_view uuid_name = "uuid";      // RFC 9562, version 4
// The trace id of the request or command of the same step.
inline constexpr std::string_view trace_id_name = "trace_id";

bool is_built_in(std::string_view name);

}  // namespace saasctl::stack
