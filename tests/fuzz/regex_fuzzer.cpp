// An expression, a line feed, and a text: whatever they are, the search ends.
#include <algorithm>

#include "fuzz.hpp"
#include "util/regex.hpp"

using namespace saasctl;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = fuzz::text_of(data, size);
  const auto end = std::min(input.find('\n'), input.size());
  const auto regex = Regex::compile(input.substr(0, end));
  if (!regex) {
    fuzz::claim(!regex.error().reason.empty(), "what is no expression has a reason");
    return 0;
  }
  fuzz::claim(regex->longest_text() >= 64 * 1024, "there is room for a text");
  const auto text = input.substr(std::min(end + 1, input.size()));
  const auto matches = regex->matches_line(text);
  const auto found = regex->find_in_lines(text);
  fuzz::claim(matches && found && *matches == found->has_value(), "both ways of searching agree");
  return 0;
}
