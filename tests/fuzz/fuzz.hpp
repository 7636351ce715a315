// What the fuzzers share. Source of the entry point: LLVM, "libFuzzer – a library for coverage-guided fuzz testing".
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "yaml/diagnostics.hpp"

namespace saasctl::fuzz {

// Ends the run, so that the fuzzer keeps the input, when something that must always hold does not.
inline void claim(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "this does not hold: %s\n", what);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Variables that a text may name: one set, one empty, all others not set.
inline std::optional<std::string> variable(std::string_view name) {
  if (name == "A") return "value";
  if (name == "E") return "";
  return std::nullopt;
}

// Every error stands inside its file, and the whole list can be shown.
inline void claim_places(const yaml::Diagnostics& diagnostics) {
  for (const auto& diagnostic : diagnostics.list()) {
    claim(static_cast<bool>(diagnostic.at), "an error has a place");
    const auto& text = diagnostic.at.source->text();
    claim(diagnostic.at.line >= 1 && diagnostic.at.column >= 1, "lines and columns count from 1");
    claim(diagnostic.at.source->offset({diagnostic.at.source, diagnostic.at.line, 1}) + diagnostic.at.column - 1 <=
              text.size(),
          "the place is in the file");
    claim(!diagnostic.message.empty(), "an error has a message");
  }
  claim(diagnostics.text().empty() == diagnostics.empty(), "errors have a text");
}

}  // namespace saasctl::fuzz
