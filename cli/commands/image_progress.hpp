// Getting images with progress, for the verbs that need it.
#pragma once

#include "build/acquire.hpp"
#include "commands/session.hpp"
#include "terminal/board.hpp"

namespace saasctl::commands {

// Runs build::acquire_images and shows it on `board`; on failure shows the failing step's own output. Returns the exit
// code.
int get_images(const Session& session, const engine::Client& client, const project::Project& project,
               build::AcquireOptions options, terminal::Board& board);

}  // namespace saasctl::commands
