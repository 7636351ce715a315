#include "engine/json_lines.hpp"

#include <fmt/format.h>

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
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_discarded()) return failure("the engine sent a line that is not JSON");
    if (!sink_(json)) return false;
  }
}

}  // namespace saasctl::engine
