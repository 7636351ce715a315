// Names of files that somebody else chose and that must lie below a folder.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "util/result.hpp"

namespace saasctl {

struct NameFault {
  std::string message;
  std::string hint;
};

// What is wrong with `name` as that of a file below `folder`, which is how messages call it ("the project's folder"):
// it names no file, is absolute, leads out with "..", or has control characters. Nothing: it is fine. The disk is not
// looked at.
std::optional<NameFault> inner_name_fault(std::string_view name, std::string_view folder);

// Whether `path` leads out of `folder` by symbolic links, its own last component included. A path or a part of it that
// does not exist leads nowhere. Errors: failed with the system's reason, as for a link that leads to itself.
Result<bool> leads_out(const std::filesystem::path& path, const std::filesystem::path& folder);

}  // namespace saasctl
