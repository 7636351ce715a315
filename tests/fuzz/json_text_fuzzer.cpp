// Foreign JSON: what is parsed is what nlohmann_json makes of it, unless it is nested too deeply.
#include <nlohmann/json.hpp>

#include "fuzz.hpp"
#include "util/json_text.hpp"

using namespace saasctl;

namespace {

constexpr std::size_t deepest = 5;

template <typename Json>
std::size_t levels_of(const Json& value) {
  std::size_t levels = 0;
  if (!value.is_structured()) return levels;
  for (const auto& item : value) levels = std::max(levels, levels_of(item));
  return levels + 1;
}

template <typename Json>
void claim_parsed(std::string_view text, const Result<Json>& parsed) {
  const auto plain = Json::parse(text, nullptr, false);
  if (parsed) {
    fuzz::claim(!plain.is_discarded() && *parsed == plain, "a value is what the library parses");
    fuzz::claim(levels_of(*parsed) <= deepest, "no value is deeper than the limit");
  } else if (parsed.error().message.starts_with("nested too deeply")) {
    fuzz::claim(plain.is_discarded() || levels_of(plain) > deepest, "what is refused as too deep is too deep");
  } else {
    fuzz::claim(plain.is_discarded(), "what is refused is not JSON");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  claim_parsed(text, parse_json(text, {.depth = deepest}));
  claim_parsed(text, parse_ordered_json(text, {.depth = deepest}));
  return 0;
}
