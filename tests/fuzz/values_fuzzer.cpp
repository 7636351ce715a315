// Durations, sizes, numbers and command lines.
#include "declare/values.hpp"
#include "fuzz.hpp"

using namespace saasctl;
using namespace saasctl::stack;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  if (const auto duration = parse_duration(text)) {
    fuzz::claim(duration->count() >= 0, "a duration is not negative");
    const auto again = parse_duration(format_duration(*duration));
    fuzz::claim(again.has_value(), "a duration that was written can be read");
    // Numbers with a fraction pass through a double: beyond 2^53 ns (104 days) its last digits are lost.
    if (duration->count() < (std::int64_t{1} << 52)) fuzz::claim(*again == *duration, "a duration keeps its value");
  }
  if (const auto bytes = parse_bytes(text)) fuzz::claim(*bytes >= 0, "a size is not negative");
  parse_decimal(text);
  if (const auto words = split_command(text)) fuzz::claim(words->size() <= size, "words have a length");
  return 0;
}
