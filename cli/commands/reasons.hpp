// Why things are done, beside what is done.
#pragma once

#include <fmt/format.h>

#include <set>
#include <string>

namespace saasctl::commands {

// Texts for the lines of one execution. A long reason, such as an engine's, is shown with the first line that has
// it and not again. One thread at a time.
class Reasons {
 public:
  // "creating (memory 128M → 256M)"; the text alone when there is no cause, or it goes without saying.
  std::string with(const std::string& text, const std::string& cause) {
    if (cause.empty() || cause == "new" || !must_show(cause)) return text;
    return fmt::format("{} ({})", text, cause);
  }

  std::string of_failure(const std::string& reason) {
    return must_show(reason) ? reason : "failed for the reason above";
  }

 private:
  static constexpr std::size_t longest_repeated = 200;  // bytes

  bool must_show(const std::string& text) {
    const bool is_long = text.size() > longest_repeated || text.find('\n') != std::string::npos;
    return !is_long || shown_.insert(text).second;
  }

  std::set<std::string> shown_;
};

}  // namespace saasctl::commands
