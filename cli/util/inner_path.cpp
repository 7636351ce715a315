#include "util/inner_path.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "util/printable.hpp"

namespace saasctl {

namespace fs = std::filesystem;

std::optional<NameFault> inner_name_fault(std::string_view name, std::string_view folder) {
  const auto shown = printable_line(name);
  const fs::path path(name);
  if (!path.has_filename() || path.filename() == "." || path.filename() == "..")
    return NameFault{fmt::format("'{}' is not a file name", shown), "name a file"};
  if (shown != name) {
    return NameFault{fmt::format("'{}' has characters that are not printable", shown),
                     "write a name without control characters, in UTF-8"};
  }
  if (path.is_absolute() || *path.lexically_normal().begin() == "..")
    return NameFault{fmt::format("'{}' lies outside {}", shown, folder), "write a path below it"};
  return std::nullopt;
}

Result<bool> leads_out(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  const auto base = fs::canonical(folder, error);
  if (error) return failure(fmt::format("cannot look at {}: {}", folder.string(), error.message()));
  const auto real = fs::weakly_canonical(path, error);
  if (error) return failure(fmt::format("cannot look at {}: {}", path.string(), error.message()));
  const auto below = real.lexically_relative(base);
  return below.empty() || *below.begin() == "..";
}

}  // namespace saasctl
