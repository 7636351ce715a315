// The stack file as a whole: a Compose file plus few keys of ours (template, with, ready, verify, render, defaults).
// Source: Compose specification, "Compose file" (03-compose-file.md) and its top-level elements.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stack/declare.hpp"
#include "stack/service.hpp"
#include "stack/verify.hpp"

namespace saasctl::stack {

struct Network : Located {
  std::optional<std::string> name;
  std::optional<std::string> driver;
  std::optional<bool> external;
  std::optional<bool> internal;
  std::optional<bool> attachable;
  Pairs driver_opts;
  Pairs labels;
};

struct Volume : Located {
  std::optional<std::string> name;
  std::optional<std::string> driver;
  std::optional<bool> external;
  Pairs driver_opts;
  Pairs labels;
};

// Where a secret's or config's content comes from.
struct Content : Located {
  std::optional<std::string> file;
  std::optional<std::string> environment;
  std::optional<std::string> content;
  std::optional<std::string> name;
  std::optional<std::string> generate;  // ours: what `secrets init` writes: random, empty, none
};

// Prometheus's configuration as `render` writes it.
struct Prometheus : Located {
  std::vector<std::string> targets;  // host:port
  std::optional<Duration> interval;
};

// One file that `render` writes besides the templates' own; exactly one key says what it is made of.
struct Rendered : Located {
  std::vector<Word> compose;                // services, or the single word "all"
  std::optional<Prometheus> prometheus;
  std::optional<bool> variables;            // an example .env
  std::optional<Word> from_template;        // a template without a service
};

struct Stack : Located {
  std::optional<Word> name;
  std::optional<std::string> version;  // Compose v2 files still carry it; it has no effect
  std::optional<Service> defaults;     // read for its errors; applied by merging nodes
  Map<Service> services;
  Map<Network> networks;
  Map<Volume> volumes;
  Map<Content> secrets;
  Map<Content> configs;
  Map<Rendered> render;
  std::vector<Check> verify;
};

const Record<Stack>& stack_record();

// A stack read from a file, with what positions in it point to.
struct Document {
  std::unique_ptr<const Source> source;  // the Positions of `stack` point into it
  Stack stack;
  std::vector<std::pair<VariableUse, Position>> variables;
  std::vector<std::pair<std::string, Position>> unset;  // variables that became "" for want of a value
};

// Reads a file and everything in it that can be judged without looking at other files. All errors of the file are in
// the one usage Error; not_found when the file is missing.
Result<Document> read_stack(const std::filesystem::path& path, const Environment& environment, Mode mode);

// The same for a text that stands in no file.
Result<Document> parse_stack(std::filesystem::path path, std::string text, const Environment& environment, Mode mode);

}  // namespace saasctl::stack
