#include "stack/dotenv.hpp"

#include <fmt/format.h>

#include "util/text.hpp"

namespace saasctl::stack {
namespace {

class Lines {
 public:
  Lines(const Source& source, const Environment& environment, Diagnostics& diagnostics)
      : source_(source), text_(source.text()), environment_(environment), diagnostics_(diagnostics) {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
  }

  Variables read() {
    while (at_ < text_.size()) {
      const auto end = std::min(text_.find('\n', at_), text_.size());
      const auto line = trim(text_.substr(at_, end - at_));
      if (line.empty() || line[0] == '#') {
        next(end);
      } else {
        assignment(line, end);
      }
    }
    return std::move(values_);
  }

 private:
  void next(std::size_t end) {
    at_ = end + 1;
    ++number_;
  }

  void error(std::string message, std::string hint) {
    diagnostics_.add({&source_, number_, 1}, 1, std::move(message), std::move(hint));
  }

  void assignment(std::string_view line, std::size_t end) {
    if (line.starts_with("export ")) line = trim(line.substr(7));
    const auto equals = line.find('=');
    const auto name = std::string(trim(line.substr(0, equals)));
    const bool valid = !name.empty() && name.find_first_of(" \t'\"$") == std::string::npos;
    if (!valid) {
      error("not a KEY=VALUE line", "begin a comment with '#'");
      return next(end);
    }
    if (equals == std::string_view::npos) {  // the name alone: passed through from the environment
      if (const auto value = environment_(name)) values_[name] = *value;
      return next(end);
    }
    const auto value_at = static_cast<std::size_t>(line.data() - text_.data()) + equals + 1;
    auto from = text_.find_first_not_of(" \t", value_at);
    if (from == std::string_view::npos || from >= end) from = end;
    if (from < end && (text_[from] == '\'' || text_[from] == '"')) return quoted(name, from);
    auto value = text_.substr(from, end - from);
    for (std::size_t hash = value.find('#'); hash != std::string_view::npos; hash = value.find('#', hash + 1)) {
      if (hash == 0 || value[hash - 1] == ' ' || value[hash - 1] == '\t') value = value.substr(0, hash);
    }
    values_[name] = expand(std::string(trim(value)));
    next(end);
  }

  void quoted(const std::string& name, std::size_t from) {
    const char quote = text_[from];
    std::string value;
    std::size_t i = from + 1;
    for (; i < text_.size() && text_[i] != quote; ++i) {
      if (quote == '"' && text_[i] == '\\' && i + 1 < text_.size()) {
        value += escaped(text_[++i]);
      } else {
        value += text_[i];
      }
    }
    if (i >= text_.size()) {
      error(fmt::format("the value of {} has no closing {}", name, quote), "close the quote, or leave both away");
      at_ = text_.size();
      return;
    }
    values_[name] = quote == '"' ? expand(value) : value;
    number_ += static_cast<std::size_t>(
        std::count(text_.begin() + static_cast<long>(from), text_.begin() + static_cast<long>(i), '\n'));
    const auto end = std::min(text_.find('\n', i), text_.size());
    const auto rest = trim(text_.substr(i + 1, end - i - 1));
    if (!rest.empty() && rest[0] != '#')
      error(fmt::format("something stands behind the closing {} of {}", quote, name),
            "remove it, or begin a comment with '#'");
    next(end);
  }

  static std::string escaped(char c) {
    switch (c) {
      case 'n':
        return "\n";
      case 'r':
        return "\r";
      case 't':
        return "\t";
      case '$':
        return "$$";
      default:
        return std::string(1, c);
    }
  }

  std::string expand(const std::string& value) {
    const auto lookup = [this](std::string_view name) -> std::optional<std::string> {
      if (auto outer = environment_(name)) return outer;
      const auto found = values_.find(name);
      if (found == values_.end()) return std::nullopt;
      return found->second;
    };
    auto result = interpolate(value, lookup);
    for (const auto& problem : result.errors) error(problem.message, problem.hint);
    return std::move(result.text);
  }

  const Source& source_;
  std::string_view text_;
  const Environment& environment_;
  Diagnostics& diagnostics_;
  Variables values_;
  std::size_t at_ = 0;
  std::size_t number_ = 1;
};

}  // namespace

Variables parse_dotenv(const Source& source, const Environment& environment, Diagnostics& diagnostics) {
  if (const auto nul = source.text().find('\0'); nul != std::string::npos) {
    diagnostics.add(source.position(nul), 1, "a zero byte: this is not a text file");
    return {};
  }
  return Lines(source, environment, diagnostics).read();
}

}  // namespace saasctl::stack
