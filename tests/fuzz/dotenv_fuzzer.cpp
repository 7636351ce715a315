// Files of KEY=VALUE lines.
#include "fuzz.hpp"
#include "yaml/dotenv.hpp"

using namespace saasctl;
using namespace saasctl::stack;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Source source(".env", std::string(fuzz::text_of(data, size)));
  Diagnostics diagnostics;
  const Environment environment = fuzz::variable;
  const auto variables = parse_dotenv(source, environment, diagnostics);
  fuzz::claim_places(diagnostics);
  for (const auto& [name, value] : variables) fuzz::claim(!name.empty(), "a variable has a name");
  return 0;
}
