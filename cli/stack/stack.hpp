// The stack file as a whole: a Compose file plus few keys of ours (template, with, ready, verify, render, defaults).
// Source: Compose specification, "Compose file" (03-compose-file.md) and its top-level elements.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stack/network.hpp"
#include "stack/resources.hpp"
#include "stack/service.hpp"
#include "stack/verify.hpp"
#include "stack/vocabulary.hpp"

namespace saasctl::stack {

// Prometheus's configuration as `render` writes it.
struct Prometheus : Located {
  std::vector<std::string> targets;  // host:port
  std::optional<Duration> interval;
};

// One file that `render` writes besides the templates' own; exactly one key says what it is made of.
struct Rendered : Located {
  std::vector<Word> compose;  // services, or the single word "all"
  std::optional<Prometheus> prometheus;
  std::optional<bool> variables;      // an example .env
  std::optional<Word> from_template;  // a template without a service
};

struct Stack : Located {
  std::optional<Word> name;
  std::optional<std::string> version;  // Compose v2 files still carry it; it has no effect
  std::optional<Service> defaults;     // read for its errors; applied by merging nodes
  Map<Service> services;
  Map<std::vector<std::string>> inactive;  // services left out, and their profiles; written nowhere
  Map<Network> networks;
  Map<Volume> volumes;
  Map<Content> secrets;
  Map<Content> configs;
  Map<Rendered> render;
  std::vector<VerifyStep> verify;
};

const Record<Stack>& stack_record();

// What to read and how.
struct Files {
  std::vector<std::filesystem::path> paths;  // absolute, each laid over those before it; "-": standard_input
  std::string standard_input = {};
  std::filesystem::path folder;  // absolute, of the project: relative paths start here
  Environment environment;
  Mode mode = Mode::resolve;
  std::optional<std::string> project_name = {};  // given outside of the files: COMPOSE_PROJECT_NAME in them
  std::string default_name = {};                 // the same when neither that is there nor name:
  std::vector<std::string> profiles = {};        // active ones; "*": all
  std::vector<std::string> services = {};        // named by the user: their profiles are active as well
};

// A stack read from files, with what positions in it point to.
struct Document {
  std::vector<std::shared_ptr<const Source>> sources;  // the Positions of `stack` point into them
  Stack stack;                                         // without the services whose profiles are not active
  std::vector<std::pair<VariableUse, Position>> variables;
  std::vector<std::pair<std::string, Position>> unset;  // variables that became "" for want of a value
};

// Reads the files and all that they include or extend, with every check that needs nothing else. All that is wrong goes
// to `diagnostics`, which keeps the texts alive; the result is absent when nothing could be read, and must not be used
// when `diagnostics` is not empty other than for finding more errors. In verbatim mode nothing is replaced, but for
// names of files that are included or extended.
std::optional<Document> read_stack(const Files& files, Diagnostics& diagnostics);

// The same for a text that stands in no file.
std::optional<Document> parse_stack(std::filesystem::path path, std::string text, const Environment& environment,
                                    Mode mode, Diagnostics& diagnostics);

// A project's name as Compose makes it of any text: lower-case letters, digits, '-' and '_', the first a letter or
// digit; empty when nothing is left. Source: compose-go v2, loader/loader.go, NormalizeProjectName.
std::string normal_name(std::string_view text);

// What no single key shows: names that are used but not defined, dependency cycles, keys that exclude each other. What
// only keeps services from being started together is the matter of whoever starts them: plan::check_conflicts.
void check_stack(const Stack& stack, Mode mode, Diagnostics& diagnostics);

}  // namespace saasctl::stack
