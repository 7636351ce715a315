// Command lines that end in another program's command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace saasctl::commands {

struct Words {
  std::vector<std::string> own;   // for the parser
  std::vector<std::string> tail;  // the command, its options included
};

// For a verb that is set to prefix_command(): everything after its first positional word is the tail, a "--" before it
// left out. For every other verb all words are its own.
Words split_tail(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace saasctl::commands
