// Holding a value against an expectation. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stack/verify.hpp"

namespace saasctl::verify {

struct Mismatch {
  std::string expected;  // "201", "a text that contains \"x\""
  std::string got;       // the value, shortened; "nothing" when it is absent
  bool judged = true;    // false: whether it holds could not be found out, so its `not` does not hold either
};

// json: types count. text: the value came as text (a header, a body), so numbers in it are compared as numbers.
enum class Origin { json, text };

// The comparisons that do not hold. `value` may be nullptr: absent, which fails every comparison but `exists: false`
// and `not`. The expectation's names must have been filled in.
// `matches` looks at each line by itself (util/regex.hpp); an expression that does not compile and a text that is more
// than it can search are a mismatch that says so.
std::vector<Mismatch> compare(const stack::Expectation& expectation, const declare::Json* value, Origin origin);

// The expectation in words, for "expected …".
std::string describe(const stack::Expectation& expectation);

// A value within a longer text: a text as it is, anything else as JSON. Bytes of a header need not be UTF-8; inside
// JSON they become U+FFFD.
std::string as_text(const declare::Json& value);

// A value as reports show it: JSON on one line with sensitive members hidden, at most `most` bytes (a cut is marked
// with "…").
std::string show(const declare::Json& value, std::size_t most = 200);

// The first `most` bytes, cut between characters and marked with "…"; line breaks and control characters as spaces.
std::string shortened(std::string_view text, std::size_t most);

}  // namespace saasctl::verify
