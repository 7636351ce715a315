// The stack file as a whole, in both modes.
#include "fuzz.hpp"
#include "stack/stack.hpp"

using namespace saasctl;
using namespace saasctl::stack;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const auto mode : {Mode::resolve, Mode::verbatim}) {
    Diagnostics diagnostics;
    const auto document =
        parse_stack("stack.yaml", std::string(fuzz::text_of(data, size)), fuzz::variable, mode, diagnostics);
    fuzz::claim_places(diagnostics);
    fuzz::claim(document || !diagnostics.empty(), "a file is read or has an error");
    if (document && diagnostics.empty()) stack_record().write(document->stack, Style::canonical);
  }
  return 0;
}
