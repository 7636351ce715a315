// What stands at the top level beside services and networks: volumes, secrets and configs.
// Source: Compose specification, 07-volumes.md, 08-configs.md, 09-secrets.md.
#pragma once

#include <optional>
#include <string>

#include "stack/vocabulary.hpp"

namespace saasctl::stack {

struct Volume : Located {
  std::optional<std::string> name;
  std::optional<std::string> driver;
  std::optional<bool> external;
  Pairs driver_opts;
  Pairs labels;
};

Codec<Volume> volume_form();

// Where a secret's or config's content comes from: exactly one of file, environment and content.
struct Content : Located {
  std::optional<std::string> file;
  std::optional<std::string> environment;
  std::optional<std::string> content;  // configs only
  std::optional<std::string> name;
  std::optional<bool> external;
  Pairs labels;
  std::optional<std::string> generate;  // ours: what `secrets init` writes: random, empty, none
};

Codec<Content> secret_form();
Codec<Content> config_form();

}  // namespace saasctl::stack
