// Everything that is wrong with the user's files, collected so that one run shows it all.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "util/result.hpp"
#include "yaml/source.hpp"

namespace saasctl::yaml {

struct Diagnostic {
  Position at;
  std::size_t length = 1;  // bytes to underline
  std::string message;
  std::string hint;  // what to do, one line; may be empty
};

// Not thread-safe.
class Diagnostics {
 public:
  // Adds one; the same message at the same place is kept once (an anchor is read wherever it is used).
  void add(Position at, std::size_t length, std::string message, std::string hint = {});

  // Keeps a source alive as long as these diagnostics, whose positions point into it.
  void keep(std::shared_ptr<const Source> source) { sources_.push_back(std::move(source)); }

  bool empty() const { return list_.empty(); }
  const std::vector<Diagnostic>& list() const { return list_; }

  // File by file and in the order of the lines, each as "file:line:col: error: …", the line, and a caret; of more than
  // 50 the first 50 and how many more there are. Control characters of a message are escaped, a very long one is cut.
  std::string text() const;

  // The usage Error that carries text().
  Error error() const;

 private:
  std::vector<Diagnostic> list_;
  std::set<std::tuple<const Source*, std::size_t, std::size_t, std::string>> known_;
  std::vector<std::shared_ptr<const Source>> sources_;
};

}  // namespace saasctl::yaml
