// Regular expressions over text that somebody else wrote. Matching takes time in proportion to the text and a bounded
// amount of memory, whatever the expression and the text.
// Source: https://github.com/google/re2/wiki/Syntax; as there, neither lookaround nor back references.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "util/result.hpp"

namespace re2 {
class RE2;
}

namespace saasctl {

// Immutable: any number of threads may search with one.
class Regex {
 public:
  static constexpr std::size_t longest_expression = 4096;  // bytes

  // Why a text is not a regular expression.
  struct Invalid {
    std::string reason;     // "missing )", one line
    std::string part = {};  // of the text, what the reason is about; may be empty
  };
  static std::expected<Regex, Invalid> compile(std::string_view expression);

  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

  // Bytes of text that one search may look at: the larger the compiled expression, the fewer. At least 64 KiB, and
  // 8 MiB for expressions of usual size.
  std::size_t longest_text() const;

  // Whether a line of the text has a match. `^` and `$` are the ends of the line. Bytes that are not UTF-8 count as
  // U+FFFD each. Errors: failed, the text is longer than longest_text().
  Result<bool> matches_line(std::string_view text) const;

  // What the first group caught ("" when it took no part) in the first line with a match, or the whole match of an
  // expression without groups. Absent: no line matches. Errors: as matches_line.
  Result<std::optional<std::string>> find_in_lines(std::string_view text) const;

 private:
  explicit Regex(std::unique_ptr<re2::RE2> compiled);

  template <typename Visit>
  Result<void> for_each_line(std::string_view text, Visit visit) const;

  std::unique_ptr<re2::RE2> compiled_;
};

}  // namespace saasctl
