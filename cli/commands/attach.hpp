// Our own terminal and streams, given to a program in a container.
#pragma once

#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "commands/session.hpp"
#include "terminal/raw_mode.hpp"
#include "util/http_upgrade.hpp"

namespace saasctl::commands {

// Whether both ends of a terminal are ours to give.
bool has_terminal();

// Carries standard input, output and error until the program ends; with `tty` in raw mode, which is taken back in any
// case. `resize` tells the engine a size of the terminal and says whether it took it. `output` takes the place of
// standard output. Errors of carry_streams; interrupted when nobody reads standard output any more.
Result<void> attach_streams(const Session& session, http::Upgraded& connection, bool tty, bool input,
                            const std::function<bool(terminal::WindowSize)>& resize, int output = STDOUT_FILENO);

// NAME=value as it is; NAME alone gets the value that `environment` has, or is left out.
std::vector<std::string> with_values(const yaml::Environment& environment, const std::vector<std::string>& names);

}  // namespace saasctl::commands
