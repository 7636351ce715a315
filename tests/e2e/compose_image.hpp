// Debian's docker compose as an image, for the tests that ask the real one.
#pragma once

#include "paths.hpp"
#include "real_engine.hpp"

namespace saasctl::test {

inline constexpr auto compose_image = "saasctl-test/compose:latest";

// Fails the test when it cannot be built; quick when it is there.
inline void build_compose_image(const engine::Client& client) {
  const auto built = build::build_image(
      client, {.tags = {compose_image}, .context = std::filesystem::path(SAASCTL_SOURCE_DIR) / "tests/compose"}, {},
      {});
  if (!built) FAIL(built.error().message);
}

}  // namespace saasctl::test
