// Ignore files: the first line is the path that is asked for, the rest the patterns.
#include "build/ignore.hpp"
#include "fuzz.hpp"

using namespace saasctl;
using namespace saasctl::build;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto line = std::min(text.find('\n'), size);
  const auto path = clean_path(text.substr(0, line));
  fuzz::claim(clean_path(path) == path, "a clean path stays as it is");
  const auto patterns = parse_ignore_file(text.substr(line), ".dockerignore");
  if (!patterns) {
    fuzz::claim(patterns.error().message.starts_with(".dockerignore:"), "an error names file and line");
    return 0;
  }
  const auto list = PatternList::compile(*patterns);
  fuzz::claim(list.has_value(), "a pattern of an ignore file compiles");
  PatternList::ParentMatches own;
  list->matches(path, {}, own);
  list->may_except_below(path);
  list->may_match_below(path);
  for (const auto& pattern : *patterns) match_name(pattern, path);
  return 0;
}
