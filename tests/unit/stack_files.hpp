// Several files in a folder, read and merged as the tool reads them.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "stack/stack.hpp"
#include "stack_text.hpp"
#include "temporary_folder.hpp"
#include "util/file.hpp"

namespace saasctl::stack {

class StackFiles {
 public:
  explicit StackFiles(std::initializer_list<std::pair<std::string, std::string>> files) {
    for (const auto& [path, text] : files) add(path, text);
  }

  void add(const std::string& path, const std::string& text) {
    REQUIRE(write_file_atomic(folder_.path() / path, text));
  }

  struct Options {
    std::vector<std::string> files = {"a.yaml"};
    std::map<std::string, std::string, std::less<>> environment = {};
    std::vector<std::string> profiles = {};
    std::vector<std::string> services = {};
    Mode mode = Mode::resolve;
  };

  Read read(const Options& options) const {
    Read read;
    Files files{.paths = {},
                .folder = folder_.path(),
                .environment = environment_of(options.environment),
                .mode = options.mode,
                .default_name = "folder",
                .profiles = options.profiles,
                .services = options.services};
    for (const auto& file : options.files) files.paths.push_back(folder_.path() / file);
    read.document = read_stack(files, read.diagnostics);
    return read;
  }

  // All errors, with the folder's name left out.
  std::string errors(const Options& options) const {
    auto text = read(options).errors();
    const auto folder = folder_.path().string() + "/";
    for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder, at))
      text.erase(at, folder.size());
    return text;
  }

  std::filesystem::path folder() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

}  // namespace saasctl::stack
