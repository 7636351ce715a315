// From files to one tree: read, variables replaced, includes taken in, extends resolved, merged.
// Source: Compose specification, 13-merge.md, 14-include.md, 05-services.md ("extends"); where they are silent,
// compose-go v2, loader.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "stack/vocabulary.hpp"
#include "util/input.hpp"
#include "yaml/interpolate_tree.hpp"

namespace saasctl::stack {

struct Document;
struct Files;

// What holds for a group of files: the -f files, or those of one include.
struct Scope {
  std::filesystem::path folder;  // absolute; relative paths start here
  Environment environment;
};

inline constexpr FileKind stack_file{"a stack file", 16 * mebibyte};
inline constexpr FileKind variables_file{"a file of variables", 16 * mebibyte};
// template.yaml and the files that it names; read_file() is for them, which refuses a pipe.
inline constexpr FileKind template_file{"a template", 16 * mebibyte};

// The files of one run, each read once. In verbatim mode variables stay, but for the names of files. `stop` ends the
// wait for a pipe.
class Reading {
 public:
  Reading(Mode mode, Diagnostics& diagnostics, std::stop_token stop = {})
      : mode_(mode), diagnostics_(diagnostics), stop_(std::move(stop)) {}

  struct File {
    std::shared_ptr<const Source> source;
    std::vector<NodePtr> documents;  // as written
  };

  // A file that is not on the disk: standard input, or a text of a test.
  void put(const std::filesystem::path& path, const std::filesystem::path& shown, std::string text);

  // The file; an error is placed at `named_by`, which may be nullptr. Absent: it cannot be read.
  const File* file(const std::filesystem::path& path, const Node* named_by);

  // Its documents with the variables of the scope.
  std::vector<NodePtr> documents(const std::filesystem::path& path, const Scope& scope, const Node* named_by);

  // The text of another file of the user's. Errors: those of read_input().
  Result<std::string> text_of_file(const std::filesystem::path& path, const FileKind& kind) const;

  // The text of a value that names a file or a service.
  std::string text(const Node& node, const Scope& scope) const;

  void error(const Node& node, std::string message, std::string hint = {}) {
    diagnostics_.add(node.at, node.width(), std::move(message), std::move(hint));
  }

  // Counts what is included; false when it is too much, as when files include one another in ever more ways.
  bool one_more() { return ++included_ <= 10'000; }

  // A service whose `extends`, which stands there, leads to nothing that could be read; by its name.
  void unresolved(const std::string& service, Position at) { unresolved_.emplace(service, at); }
  const std::map<std::string, Position>& unresolved() const { return unresolved_; }

  Mode mode() const { return mode_; }
  Diagnostics& diagnostics() { return diagnostics_; }
  bool stopped() const { return stop_.stop_requested(); }  // then what is read so far is not to be used
  const VariablesUsed& variables() const { return variables_; }
  std::vector<std::shared_ptr<const Source>> sources() const;

 private:
  Mode mode_;
  Diagnostics& diagnostics_;
  std::stop_token stop_;
  VariablesUsed variables_;
  std::size_t included_ = 0;
  std::map<std::string, Position> unresolved_;
  std::map<std::filesystem::path, File> files_;
};

// The files on the way to where an include stands, each with the place that names it.
struct Included {
  std::filesystem::path path;
  Position by;
};

// The files as one tree, later ones over earlier ones, without !reset and !override, without duplicates in lists, and
// with `defaults:` under every service. nullptr: there is nothing in them.
NodePtr assemble(const std::vector<std::filesystem::path>& paths, const Scope& scope,
                 const std::vector<Included>& trail, const Node* named_by, Reading& reading);

// The document without its `include`, with the resources of the files that it names under its own.
NodePtr take_in_includes(const NodePtr& document, const Scope& scope, const std::vector<Included>& trail,
                         Reading& reading);

// The document, which stands in `path`, with every service laid over the one it extends.
NodePtr resolve_extends(const NodePtr& document, const std::filesystem::path& path, const Scope& scope,
                        Reading& reading);

// The document with its `defaults:` under each of its services.
NodePtr with_defaults(const NodePtr& document, Diagnostics& diagnostics);

// The working folder by the name `named` ($PWD), which may go through links, if that name is right; else by the
// system's. Source: Go's os.Getwd, which compose-go uses.
std::filesystem::path working_folder(const std::filesystem::path& named);

// How a path is shown: relative to the current folder when it lies below it.
std::filesystem::path shown_path(const std::filesystem::path& path);

// Whether something of this name is to be read. True also for what cannot be found out, as a link that leads to itself:
// reading it gives the reason. False for a name in a folder that this user may not search.
bool is_there(const std::filesystem::path& path);

// An absolute, normal path.
std::filesystem::path absolute_path(const std::filesystem::path& folder, const std::filesystem::path& path);

}  // namespace saasctl::stack
