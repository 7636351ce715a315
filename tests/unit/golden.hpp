// Golden files: tests/golden/NAME holds what a text must be. SAASCTL_ACCEPT=1 writes the files anew; the test fails all
// the same, so that no run that accepts ever counts as passed.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "paths.hpp"
#include "util/file.hpp"

namespace saasctl {

inline void check_golden(std::string_view name, const std::string& text) {
  const auto path = std::string(SAASCTL_SOURCE_DIR "/tests/golden/").append(name);
  const auto golden = read_file(path);
  if (golden && *golden == text) return;
  const char* accept = std::getenv("SAASCTL_ACCEPT");
  if (accept && std::string_view(accept) == "1") {
    REQUIRE(write_file_atomic(path, text));
    FAIL("accepted, run again: " << path);
  }
  INFO("differs from " << path << "; if the new text is right, run once with SAASCTL_ACCEPT=1");
  CHECK(text == golden.value_or("(there is no such file)"));
}

}  // namespace saasctl
