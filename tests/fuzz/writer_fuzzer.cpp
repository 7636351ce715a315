// YAML that we write: a text that is written can be read, and is the same.
#include "fuzz.hpp"
#include "render/yaml.hpp"
#include "util/text.hpp"
#include "yaml/node.hpp"

using namespace saasctl;
using namespace saasctl::stack;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  if (find_invalid_utf8(text)) return 0;  // JSON holds no such text
  const Source source("written.yaml", render::to_yaml({{"key", text}, {"list", {text, text}}}));
  Diagnostics diagnostics;
  const auto root = parse_yaml(source, diagnostics);
  fuzz::claim(root && diagnostics.empty(), "what is written can be read");
  const auto* key = root->find("key");
  const auto* list = root->find("list");
  fuzz::claim(key && key->kind == Kind::scalar && key->text == text, "the text is the same");
  fuzz::claim(list && list->items.size() == 2 && list->items[1]->text == text, "the text is the same in a list");
  return 0;
}
