// Relative paths of a file that stands in another folder than the project.
// Source: Compose specification, 14-include.md and 05-services.md ("extends"); compose-go v2, paths/resolve.go.
#pragma once

#include <filesystem>

#include "stack/vocabulary.hpp"
#include "yaml/node.hpp"

namespace saasctl::stack {

// The file's root with every relative path of the host made relative to `project`, when `folder` is where they start
// from now; both absolute. Paths from the root, of a home folder (~), Windows paths, URLs of build contexts and, as
// long as their variables are not replaced, paths that begin with one stay as they are. With `own_context` a build
// without context is one of `folder`, else of the project.
NodePtr rebase_paths(const NodePtr& root, const std::filesystem::path& folder, const std::filesystem::path& project,
                     bool own_context);

}  // namespace saasctl::stack
