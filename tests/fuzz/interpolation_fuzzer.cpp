// ${VARIABLE} in texts.
#include "fuzz.hpp"
#include "yaml/interpolate.hpp"

using namespace saasctl;
using namespace saasctl::stack;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto result = interpolate(text, fuzz::variable);
  for (const auto& error : result.errors) {
    fuzz::claim(error.offset < size && error.length >= 1 && error.length <= size - error.offset,
                "an error of a variable stands in the text");
    fuzz::claim(text[error.offset] == '$', "an error of a variable stands at a dollar sign");
  }
  if (text.find('$') == std::string_view::npos) fuzz::claim(result.text == text, "a text without '$' stays as it is");
  if (!has_variable(text)) fuzz::claim(result.uses.empty(), "a text without variables uses none");
  for (std::size_t at = 0; at < size; ++at) {
    const auto end = variable_end(text, at);
    fuzz::claim(end > at && end <= size, "a variable has an end");
  }
  without_variables(text);
  return 0;
}
