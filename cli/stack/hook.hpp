// Commands that run in a running container, and what `watch` does when files change.
// Source: Compose specification, 05-services.md ("post_start", "pre_stop") and develop.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stack/vocabulary.hpp"

namespace saasctl::stack {

// A command that runs inside the container: after its start, before its stop, or after a synchronisation.
struct Hook : Located {
  std::vector<std::string> command;
  std::optional<std::string> user;  // default: the container's
  std::optional<bool> privileged;
  std::optional<std::string> working_dir;
  Pairs environment;  // added to the container's
};

struct Watch : Located {
  std::string path;    // on the host, relative to the stack file
  std::string action;  // rebuild, sync, restart, sync+restart, sync+exec
  std::optional<std::string> target;
  std::vector<std::string> ignore;
  std::vector<std::string> include;
  std::optional<bool> initial_sync;
  std::optional<Hook> exec;
};

struct Develop : Located {
  std::vector<Watch> watch;
};

Codec<Hook> hook_form();
Codec<Develop> develop_form();

}  // namespace saasctl::stack
