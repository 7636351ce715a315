// SQL text into tokens (PostgreSQL 15 documentation, section 4.1), as far as schema and query files here use them.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/diagnostic.hpp"

namespace saasctl::codegen {

struct Token {
  enum class Kind {
    word,  // identifier or keyword; `text` is lower case unless it was quoted
    number,
    string,      // 'text', quotes kept
    symbol,      // punctuation and operators
    parameter,   // @name; `text` is the name
    annotation,  // -- name: …; `text` is what stands behind "name:"
    end,
  };
  Kind kind = Kind::end;
  std::string text;
  std::size_t offset = 0;  // of the first byte in the source
  std::size_t length = 0;

  [[nodiscard]] bool is(std::string_view word_or_symbol) const {
    return (kind == Kind::word || kind == Kind::symbol) && text == word_or_symbol;
  }
};

// Ends with a token of kind `end`.
[[nodiscard]] std::expected<std::vector<Token>, Diagnostic> tokenize(std::string_view text);

}  // namespace saasctl::codegen
