#include "engine/json_lines.hpp"

#include <fmt/format.h>

#include "engine/json.hpp"
#include "util/text.hpp"

namespace saasctl::engine {

Result<bool> JsonLines::feed(std::string_view bytes) {
  for (;;) {
    const auto end = bytes.find('\n');
    if (partial_.size() + std::min(end, bytes.size()) > max_line) {
      return failure(fmt::format("the engine sent a line longer than {} bytes", max_line));
    }
    partial_ += bytes.substr(0, end);
    if (end == std::string_view::npos) return true;
    bytes.remove_prefix(end + 1);
    const auto line = std::exchange(partial_, {});
    if (trim(line).empty()) continue;
    const auto json = detail::parse(line);
    if (json.is_discarded()) return failure("the engine sent a line that is not JSON, or is nested too deeply");
    if (!json.is_object()) return failure("the engine sent a line that is not a JSON object");
    if (!sink_(json)) return false;
  }
}

}  // namespace saasctl::engine
