// A folder with a stack file and what belongs to it, loaded as the tool loads it.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "catch.hpp"
#include "project/load.hpp"
#include "temporary_folder.hpp"
#include "util/file.hpp"

namespace saasctl::project {

using Files = std::map<std::string, std::string>;  // path → text

class ProjectFiles {
 public:
  explicit ProjectFiles(const Files& files) {
    for (const auto& [path, text] : files) write(path, text);
  }

  void write(const std::string& path, const std::string& text) const {
    REQUIRE(write_file_atomic(folder_.path() / path, text));
  }

  Result<Loaded> load(const yaml::Variables& environment = {}, declare::Mode mode = declare::Mode::resolve,
                      std::optional<std::string> name = std::nullopt) const {
    return project::load({{folder_.path() / "stack.yaml"}, std::move(name), environment, mode});
  }

  // The project; its errors are the test's.
  Project project(const yaml::Variables& environment = {}, declare::Mode mode = declare::Mode::resolve) const {
    auto loaded = load(environment, mode);
    INFO((loaded ? "" : loaded.error().message));
    REQUIRE(loaded);
    return std::move(loaded->project);
  }

  std::string error(const yaml::Variables& environment = {}, declare::Mode mode = declare::Mode::resolve) const {
    const auto loaded = load(environment, mode);
    return loaded ? "" : loaded.error().message;
  }

  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

}  // namespace saasctl::project
