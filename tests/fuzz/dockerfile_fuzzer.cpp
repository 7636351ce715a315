// Dockerfiles: the first line is the name of a step that is looked up, the rest the file.
#include "build/dockerfile.hpp"
#include "fuzz.hpp"

#include <algorithm>

using namespace saasctl;
using namespace saasctl::build;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto line = std::min(text.find('\n'), size);
  const auto file = text.substr(line);
  const auto lines = static_cast<std::size_t>(std::ranges::count(file, '\n')) + 1;
  const auto instructions = parse_dockerfile(file);
  std::size_t before = 0;
  for (const auto& one : instructions) {
    fuzz::claim(one.line > before && one.line <= one.last && one.last <= lines, "instructions follow each other");
    fuzz::claim(!excerpt_of(file, one.line, one.last).empty(), "an instruction has an excerpt");
    before = one.last;
  }
  const BuildArgs args{{"A", "value"}};
  for (const auto& image : images_of(instructions, args)) fuzz::claim(!image.empty(), "an image has a name");
  const auto found = instruction_of_step(instructions, args, text.substr(0, line));
  fuzz::claim(!found || std::ranges::find(instructions, found->line, &Instruction::line) != instructions.end(),
              "a step comes from one of the instructions");
  return 0;
}
