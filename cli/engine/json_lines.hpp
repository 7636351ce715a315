// Streams of JSON objects, one a line (pull, build, events). Private to the rooms engine and build.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "util/result.hpp"

namespace saasctl::engine {

// Collects pieces of a stream and gives out its objects. Pure; pieces may be cut anywhere.
class JsonLines {
 public:
  // Longest line taken: BuildKit puts a whole log chunk into one.
  static constexpr std::size_t max_line = std::size_t{16} << 20;

  // Returning false ends the reading.
  using Sink = std::function<bool(const nlohmann::json&)>;

  explicit JsonLines(Sink sink) : sink_(std::move(sink)) {}

  // False once the sink has ended the reading. Errors: failed for a line that is no JSON or is too long.
  Result<bool> feed(std::string_view bytes);

 private:
  Sink sink_;
  std::string partial_;
};

}  // namespace saasctl::engine
