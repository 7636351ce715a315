// Small string helpers that the standard library lacks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saasctl {

// The pieces between separators; "a::b" gives "a", "", "b"; the empty text gives one empty piece.
std::vector<std::string> split(std::string_view text, char separator);

std::string join(const std::vector<std::string>& parts, std::string_view separator);

// Without ASCII white space at both ends.
std::string_view trim(std::string_view text);

std::string to_lower(std::string_view text);

// The candidate with the smallest edit distance to `word`, or nothing when all are too far to be a slip of the fingers
// (more than a third of the word, at least 2 edits allowed for words of 4 letters and more).
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

// The first byte that is not part of well-formed UTF-8, if any. Source: RFC 3629, section 4.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

// A whole decimal number without sign or spaces; nothing for anything else or on overflow.
std::optional<long long> parse_integer(std::string_view text);

}  // namespace saasctl
