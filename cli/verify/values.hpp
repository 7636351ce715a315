// The values behind {{names}} during one run.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "stack/verify.hpp"

namespace saasctl::verify {

// Not thread-safe.
class Values {
 public:
  explicit Values(std::function<std::uint64_t()> random) : random_(std::move(random)) {}

  void set(const std::string& name, declare::Json value) { values_[name] = std::move(value); }
  const declare::Json* find(const std::string& name) const;

  // 32 lower-case hex digits, never all zero. Source: W3C Trace Context 1, section 3.2.2.3.
  std::string new_trace_id();
  // 16 lower-case hex digits, never all zero. Source: section 3.2.2.4.
  std::string new_span_id();

  // A built-in that is new at every call ({{random}}, {{uuid}}); the empty text for other names.
  std::string make(std::string_view built_in);

 private:
  std::function<std::uint64_t()> random_;
  std::map<std::string, declare::Json> values_;
};

// A step with its names filled in.
struct Filled {
  stack::VerifyStep check;
  std::vector<std::string> missing;  // names that have no value; the step must not run
  std::vector<std::string> unfit;    // why a value cannot stand where its name does, one sentence each; likewise
};

// A text that is one {{name}} and nothing else becomes the value with its type; within a longer text a value is written
// as text, and in a target's path or query it is percent-encoded but for its slashes. Unfit is a value that would
// change the shape of the request (a line break or NUL in a header, a path segment "." or "..", a host that is more
// than a name), and one that makes a value too large or too deep. The sentences name the place and the name, not the
// value.
Filled fill(const stack::VerifyStep& check, Values& values, const std::string& trace_id);

// One value of a `set` step, made of what is known so far.
struct FilledValue {
  declare::Json value;
  std::vector<std::string> missing;
  std::vector<std::string> unfit;
};
FilledValue fill(const declare::Named<declare::Json>& entry, Values& values);

}  // namespace saasctl::verify
