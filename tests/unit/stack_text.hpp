// Reading stack files that stand in the test itself.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "stack/stack.hpp"

namespace saasctl::stack {

struct Read {
  std::optional<Document> document;
  Diagnostics diagnostics;

  const Stack& stack() const { return document->stack; }
  const Service& service(std::string_view name = "web") const { return *document->stack.services.find(name); }
  std::string errors() const { return diagnostics.text(); }
};

inline Environment environment_of(std::map<std::string, std::string, std::less<>> variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

inline Read read_text(std::string text, Mode mode = Mode::resolve,
                      const Environment& environment = environment_of({})) {
  Read read;
  read.document = parse_stack("stack.yaml", std::move(text), environment, mode, read.diagnostics);
  return read;
}

// A stack with the one service `web`, whose keys are given as lines without indentation.
inline std::string one_service(const std::string& keys) {
  std::string text = "services:\n  web:\n    image: nginx:1\n    ";
  for (const char c : keys) {
    text += c;
    if (c == '\n') text += "    ";
  }
  return text + "\n";
}

}  // namespace saasctl::stack
