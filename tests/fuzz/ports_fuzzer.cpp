// Short forms of published ports and mounts.
#include "fuzz.hpp"
#include "stack/shapes.hpp"

using namespace saasctl;
using namespace saasctl::stack;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Source source("stack.yaml", std::string(fuzz::text_of(data, size)));
  auto item = std::make_shared<Node>();
  item->kind = Kind::scalar;
  item->at = {&source, 1, 1};
  item->text = source.text();
  Node list;
  list.kind = Kind::list;
  list.at = item->at;
  list.items = {item};
  for (const auto mode : {Mode::resolve, Mode::verbatim}) {
    Diagnostics diagnostics;
    Reader reader(diagnostics, fuzz::variable, mode);
    const auto form = ports_form();
    if (const auto ports = form.read(list, reader); ports && diagnostics.empty()) form.write(*ports, Style::canonical);
    const auto mounts = mount_form();
    if (const auto mount = mounts.read(*item, reader)) mounts.write(*mount, Style::source);
    expose_form().read(*item, reader);
    fuzz::claim_places(diagnostics);
  }
  return 0;
}
