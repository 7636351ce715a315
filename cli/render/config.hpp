// The project as one Compose file without short forms: what `saasctl config` prints.
#pragma once

#include <set>
#include <string>

#include "project/project.hpp"

namespace saasctl::render {

// The model that `docker compose config` prints for the same files: long forms, absolute paths, names at the engine,
// env_file and label_file merged in, only the networks, volumes, secrets and configs that a service uses, saasctl's own
// keys left out (a template is its build). A '$' is written '$$', so that the text can be read back as a Compose file;
// of a project loaded in verbatim mode, variables and with them all '$' stay as written. `names`: the services to show;
// all of them when it is empty. Source: Compose specification, 05-services.md to 09-secrets.md; docker/compose,
// cmd/compose/config.go.
declare::Json config_model(const project::Project& project, declare::Mode mode, const std::set<std::string>& names);

}  // namespace saasctl::render
