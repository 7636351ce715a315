// The command line.
#pragma once

namespace saasctl::commands {

// Reads the arguments, runs the verb and returns the exit code: 0 done, 1 failed, 2 bad usage or stack file, 3 verify
// found failures, 4 drift, 5 no engine, 129, 130 or 143 after SIGHUP, SIGINT or SIGTERM. Catches what libraries throw.
int run(int argc, const char* const* argv);

}  // namespace saasctl::commands
