#include "commands/usage.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "util/printable.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

const auto every = [](const CLI::App*) { return true; };

// The verb that was chosen, or the verb below it; the program itself before any.
const CLI::App& chosen_app(const CLI::App& app) {
  const auto below = app.get_subcommands();
  const auto named = std::ranges::find_if(below, [](const CLI::App* one) { return !one->get_name().empty(); });
  return named == below.end() ? app : chosen_app(**named);
}

// "saasctl secrets init"
std::string full_name(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : full_name(*app.get_parent()) + " " + app.get_name();
}

void add_option_names(const CLI::App& app, std::vector<std::string>& names) {
  for (const auto* option : app.get_options(nullptr)) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  for (const auto* group : app.get_subcommands(every)) {
    if (group->get_name().empty()) add_option_names(*group, names);
  }
}

std::string unknown_word(const CLI::App& app, const CLI::App& verb, const std::string& word) {
  if (!word.starts_with('-')) return fmt::format("unexpected word '{}'", word);
  std::vector<std::string> names;
  add_option_names(verb, names);
  add_option_names(app, names);
  const auto name = word.substr(0, word.find('='));
  if (std::ranges::find(names, name) != names.end())
    return fmt::format("'{}' must follow the command: {} {}", name, full_name(verb), name);
  const auto close = nearest(name, names);
  return fmt::format("unknown option '{}'{}", word, close ? ", did you mean '" + *close + "'?" : "");
}

// CLI11 says "Could not convert: --timeout = abc", which does not tell what it takes. Only numbers are converted.
std::string conversion_text(const std::string& text) {
  constexpr std::string_view head = "Could not convert: ";
  const auto equals = text.find(" = ");
  if (!text.starts_with(head) || equals == std::string::npos) return text;
  return fmt::format("{} takes a whole number, not '{}'", text.substr(head.size(), equals - head.size()),
                     text.substr(equals + 3));
}

}  // namespace

std::vector<std::string> verb_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* verb : app.get_subcommands(every)) names.push_back(verb->get_name());
  return names;
}

const CLI::App* find_verb(const CLI::App& app, const std::string& name) {
  for (const auto* verb : app.get_subcommands(every)) {
    if (verb->get_name() == name) return verb;
  }
  return nullptr;
}

std::string whole_help(const CLI::App& app) {
  return app.get_formatter()->make_help(&app, app.get_name(), CLI::AppFormatMode::Normal);
}

std::string unknown_verb(const CLI::App& app, const std::optional<std::string>& word) {
  const auto verbs = verb_names(app);
  const auto close = word ? nearest(*word, verbs) : std::nullopt;
  const auto what = word ? fmt::format("unknown command '{}'", printable_line(*word)) : "missing command";
  const auto hint = close ? "did you mean '" + *close + "'? saasctl --help lists them all"
                          : "commands: " + join(verbs, ", ") + "; see saasctl --help";
  return fmt::format("error: {}\n       {}", what, hint);
}

std::string usage_text(const CLI::App& app, const CLI::ParseError& error) {
  const auto& verb = chosen_app(app);
  std::string what = error.what();
  const auto words = app.remaining(true);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !words.empty()) {
    const auto option = std::ranges::find_if(words, [](const auto& word) { return word.starts_with('-'); });
    what = unknown_word(app, verb, option == words.end() ? words.front() : *option);
  } else if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    what = conversion_text(what);
  }
  what = printable_line(what);
  if (&verb == &app) {
    return fmt::format("error: {}\n       saasctl --help lists the commands, saasctl COMMAND --help the options of one",
                       what);
  }
  return fmt::format("error: {}: {}\n       {} --help lists its options", verb.get_name(), what, full_name(verb));
}

}  // namespace saasctl::commands
