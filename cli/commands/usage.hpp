// What is said to a command line that is none.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

namespace saasctl::commands {

// The verbs' names, in the order of the help.
std::vector<std::string> verb_names(const CLI::App& app);

// Null when there is no such verb.
const CLI::App* find_verb(const CLI::App& app, const std::string& name);

// The help of the whole program, whichever verb has been chosen.
std::string whole_help(const CLI::App& app);

// For a word that is no verb, or no word at all: two lines, what is wrong and what there is.
std::string unknown_verb(const CLI::App& app, const std::optional<std::string>& word);

// For what the parser found wrong: the verb, the option, what was expected, and the nearest option's name.
std::string usage_text(const CLI::App& app, const CLI::ParseError& error);

}  // namespace saasctl::commands
