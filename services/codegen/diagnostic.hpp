// Errors that point at the user's own line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace saasctl::codegen {

struct Source {
  std::string name;  // as the user wrote it
  std::string text;
};

struct Diagnostic {
  std::size_t offset = 0;  // bytes into the source's text
  std::string message;
};

using Diagnostics = std::vector<Diagnostic>;

// "schema.sql:3:9: error: …", the line itself and a caret; lines and columns count from 1, columns in bytes.
[[nodiscard]] std::string render(const Source& source, const Diagnostic& diagnostic);

// " Did you mean 'email'?" for the nearest candidate within two edits, or nothing.
[[nodiscard]] std::string suggestion(std::string_view wrong, const std::vector<std::string>& candidates);

}  // namespace saasctl::codegen
