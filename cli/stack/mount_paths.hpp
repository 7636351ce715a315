// Paths of mounts: which are of another machine, and how a target is written.
#pragma once

#include <string>
#include <string_view>

namespace saasctl::stack {

// C:\x, C:/x or \\server\share: a path of another machine, which stays as it is written.
bool is_windows_path(std::string_view path);

// A path in the container without "//", "." and "..", nor a slash at its end; one with variables keeps all but that
// slash. Source: compose-go v2, transform/volume.go and loader/normalize.go (Go's path.Clean).
std::string clean_target(std::string path);

// The clean target of a short form, which need not be right. `settled`: its variables are replaced.
std::string target_of_mount(std::string_view text, bool settled);

}  // namespace saasctl::stack
