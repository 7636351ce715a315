// Every file that follows from a stack. Pure: Project to text.
#pragma once

#include <string>
#include <vector>

#include "project/project.hpp"
#include "util/result.hpp"

namespace saasctl::render {

struct File {
  std::string path;  // relative to the stack file's folder
  std::string text;
};

// All files, sorted by path. The project must have been loaded in verbatim mode. The same project gives the same bytes.
// Errors: a template that is not valid Mustache or uses a name that is no hole.
Result<std::vector<File>> render_all(const project::Project& project);

// The first line of every rendered file: which command makes it, and from what.
std::string signature(const project::Project& project);

// Whether a text begins with such a line, whatever the stack file was called.
bool is_rendered(std::string_view text);

}  // namespace saasctl::render
