// Sending images to and fetching them from registries with progress, for pull and push.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "commands/session.hpp"
#include "engine/images.hpp"
#include "terminal/board.hpp"

namespace saasctl::commands {

struct Transfer {
  std::string image;
  std::string platform = {};  // empty: the engine's own
};

enum class Direction { pull, push };

struct TransferOptions {
  Direction direction;
  bool ignore_failures = false;  // they are shown, and count as done
};

// A few at once. Every image is tried; gives the first error.
Result<void> transfer_images(const Session& session, const engine::Client& client, const std::vector<Transfer>& images,
                             const TransferOptions& options);

}  // namespace saasctl::commands
