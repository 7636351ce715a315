// Fetching the images of services from registries and sending them there, with progress: what pull and push share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "commands/command.hpp"
#include "project/project.hpp"

namespace saasctl::commands {

enum class Direction { pull, push };

struct TransferOptions {
  Direction direction;
  std::vector<std::string> services = {};  // none: all
  bool ignore_failures = false;            // they are shown, and count as done
  bool dependencies = false;               // those of `services` too
  bool quiet = false;                      // no progress
};

// The options that both verbs have; `done` is "fetched" or "sent".
void add_transfer_options(CLI::App& verb, TransferOptions& options, const std::string& done);

struct Transfer {
  std::string image;
  std::string platform = {};  // empty: the engine's own
};

// The images of one service; none when it is to be left alone.
using ChooseImages =
    std::function<Result<std::vector<Transfer>>(const engine::Client&, const project::Service&, std::stop_token)>;

// Transfers each image once, a few at the same time. Every image is tried; the error tells of all that failed.
// `nothing` is what is said when no image was chosen. Gives the exit code.
int run_transfer(const Session& session, const TransferOptions& options, const ChooseImages& choose,
                 const std::string& nothing);

}  // namespace saasctl::commands
