#include "sync/copy_rules.hpp"

#include <fmt/format.h>

namespace saasctl::sync {
namespace {

// Without "/" and "/." at the end; "/" stays.
std::string_view trimmed(std::string_view path) {
  for (;;) {
    if (path.size() > 1 && path.ends_with('/')) {
      path.remove_suffix(1);
    } else if (path.ends_with("/.")) {
      path.remove_suffix(path.size() > 2 ? 2 : 1);
    } else {
      return path;
    }
  }
}

}  // namespace

CopyEnd parse_copy_end(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos || colon == 0 || text.starts_with('/') || text.starts_with('.')) return {"", text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

bool means_content(std::string_view path) {
  return path == "." || path.ends_with("/.");
}

std::string last_component(std::string_view path) {
  path = trimmed(path);
  const auto slash = path.rfind('/');
  const auto last = slash == std::string_view::npos ? path : path.substr(slash + 1);
  return last == "." || last == ".." ? std::string() : std::string(last);
}

std::string parent_of(std::string_view path) {
  path = trimmed(path);
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

Result<CopyPlace> copy_place(const CopySource& source, const CopyTarget& target) {
  const bool folder_named = target.path.ends_with('/') || means_content(target.path);
  if (target.exists && target.directory) {
    const auto name = means_content(source.path) && source.directory ? "" : last_component(source.path);
    if (name.empty() && !source.directory)
      return failure(ErrorKind::usage, fmt::format("'{}' names no file", source.path), "name the file");
    return CopyPlace{target.path, name};
  }
  if (target.exists && (source.directory || folder_named)) {
    return failure(ErrorKind::usage,
                   source.directory ? fmt::format("{} is a folder and {} a file", source.path, target.path)
                                    : fmt::format("{} is a file, not a folder", target.path),
                   "name another destination");
  }
  if (!target.exists && !source.directory && folder_named) {
    return failure(ErrorKind::usage, fmt::format("there is no folder {}", target.path),
                   "make it before, or leave the slash at the end out to give the file that name");
  }
  return CopyPlace{parent_of(target.path), last_component(target.path)};
}

}  // namespace saasctl::sync
