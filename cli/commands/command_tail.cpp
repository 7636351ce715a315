#include "commands/command_tail.hpp"

#include <cstddef>

#include "commands/usage.hpp"

namespace saasctl::commands {
namespace {

// Options of the verb, else of the whole program.
const CLI::Option* find_option(const CLI::App& app, const CLI::App* verb, const std::string& name) {
  const auto* found = verb != nullptr ? verb->get_option_no_throw(name) : nullptr;
  return found != nullptr ? found : app.get_option_no_throw(name);
}

bool takes_value(const CLI::Option* option) {
  return option != nullptr && option->get_items_expected_min() > 0;
}

// Whether the word after this option belongs to it.
bool value_follows(const CLI::App& app, const CLI::App* verb, const std::string& word) {
  if (word.starts_with("--")) return word.find('=') == std::string::npos && takes_value(find_option(app, verb, word));
  for (std::size_t i = 1; i < word.size(); ++i) {  // -Tu root, -uroot
    if (takes_value(find_option(app, verb, std::string("-") + word[i]))) return i + 1 == word.size();
  }
  return false;
}

}  // namespace

Words split_tail(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* verb = nullptr;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].starts_with('-') && words[i].size() > 1) {
      if (value_follows(app, verb, words[i])) ++i;
    } else if (verb == nullptr) {
      verb = find_verb(app, words[i]);
      if (verb == nullptr || !verb->get_prefix_command()) return {words, {}};
    } else {
      auto rest = words.begin() + static_cast<std::ptrdiff_t>(i) + 1;
      Words split{{words.begin(), rest}, {}};
      if (rest != words.end() && *rest == "--") ++rest;
      split.tail.assign(rest, words.end());
      return split;
    }
  }
  return {words, {}};
}

}  // namespace saasctl::commands
