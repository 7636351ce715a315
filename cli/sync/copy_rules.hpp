// Where a copy ends up: docker cp's rules. Pure.
// Source: docker/cli, docs/reference/commandline/container_cp.md, "Description".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "util/result.hpp"

namespace saasctl::sync {

// "SERVICE:PATH" as its two parts, or a path here. What begins with "/" or "." is a path here, colons and all.
struct CopyEnd {
  std::string service;  // empty: here
  std::string path;
};
CopyEnd parse_copy_end(const std::string& text);

struct CopySource {
  std::string path;  // as the user wrote it
  bool directory = false;
};

struct CopyTarget {
  std::string path;
  bool exists = false;
  bool directory = false;
};

struct CopyPlace {
  std::string folder;  // where the archive is unpacked; must be there
  std::string name;    // what the source is called in it; empty: a folder's content goes straight into it
};

// Errors usage: a folder onto a file, a file to "FOLDER/" that does not exist.
Result<CopyPlace> copy_place(const CopySource& source, const CopyTarget& target);

// The last component: "/a/b/." → "b"; empty for "/", "." and "..".
std::string last_component(std::string_view path);

// Without the last component: "a/b/" → "a", "b" → ".", "/b" → "/".
std::string parent_of(std::string_view path);

// Whether the path ends in "/." or is ".": its content is meant, not the folder.
bool means_content(std::string_view path);

}  // namespace saasctl::sync
