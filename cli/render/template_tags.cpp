#include "render/template_tags.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "util/text.hpp"

namespace saasctl::render {
namespace {

constexpr std::size_t largest_template = std::size_t{256} << 10;
constexpr std::size_t most_levels = 32;

class TagReader {
 public:
  TagReader(const std::string& file, std::string_view text) : file_(file), text_(text) {}

  Result<std::vector<TemplateTag>> read() {
    if (text_.size() > largest_template) {
      return failure(ErrorKind::usage, fmt::format("template {} is larger than {} KiB", file_, largest_template >> 10),
                     "split it, or copy parts that have no holes from files of their own");
    }
    for (auto at = text_.find("{{"); at != std::string_view::npos; at = text_.find("{{", next_)) {
      line_ += static_cast<std::size_t>(std::ranges::count(text_.substr(next_, at - next_), '\n'));
      if (auto taken = take(at); !taken) return std::unexpected(taken.error());
    }
    if (!open_.empty()) {
      line_ = open_.back().line;
      return wrong(fmt::format("section '{}' has no end", open_.back().name), "write {{/NAME}} behind it");
    }
    return std::move(tags_);
  }

 private:
  std::unexpected<Error> wrong(std::string_view what, std::string hint) const {
    return failure(ErrorKind::usage, fmt::format("template {}:{}: {}", file_, line_, what), std::move(hint));
  }

  // The tag at text_[at]; next_ ends behind it.
  Result<void> take(std::size_t at) {
    const bool triple = text_.substr(at).starts_with("{{{");
    const auto from = at + (triple ? 3 : 2);
    const auto end = text_.find(triple ? "}}}" : "}}", from);
    if (end == std::string_view::npos) return wrong("'{{' without '}}'", "close the tag");
    const auto content = trim(text_.substr(from, end - from));
    auto added = triple ? add(TagKind::value, content) : add_marked(content);
    line_ += static_cast<std::size_t>(std::ranges::count(text_.substr(at, end - at), '\n'));
    next_ = end + (triple ? 3 : 2);
    return added;
  }

  Result<void> add_marked(std::string_view content) {
    const auto rest = trim(content.substr(content.empty() ? 0 : 1));
    switch (content.empty() ? ' ' : content.front()) {
      case '!':
        return {};
      case '&':
        return add(TagKind::value, rest);
      case '#':
      case '^':
        return begin(rest);
      case '/':
        return finish(rest);
      case '>':
        return wrong("templates cannot include others ('{{>')", "write the text out");
      case '=':
        return wrong("the delimiters cannot be changed ('{{=')", "write holes as {{name}} or {{{name}}}");
      default:
        return add(TagKind::value, content);
    }
  }

  Result<void> add(TagKind kind, std::string_view name) {
    tags_.push_back({kind, std::string(name), line_});
    return {};
  }

  Result<void> begin(std::string_view name) {
    if (open_.size() == most_levels) {
      return wrong(fmt::format("sections are nested too deeply: more than {} levels", most_levels),
                   "combine the conditions into holes");
    }
    open_.push_back({TagKind::section_begin, std::string(name), line_});
    return add(TagKind::section_begin, name);
  }

  Result<void> finish(std::string_view name) {
    if (open_.empty()) return wrong(fmt::format("section '{}' ends, but never begins", name), "remove {{/NAME}}");
    if (open_.back().name != name) {
      return wrong(
          fmt::format("section '{}' ends within section '{}' of line {}", name, open_.back().name, open_.back().line),
          "close the inner section first");
    }
    open_.pop_back();
    return add(TagKind::section_end, name);
  }

  const std::string& file_;
  std::string_view text_;
  std::size_t next_ = 0;
  std::size_t line_ = 1;
  std::vector<TemplateTag> tags_;
  std::vector<TemplateTag> open_;
};

}  // namespace

Result<std::vector<TemplateTag>> template_tags(const std::string& file, std::string_view text) {
  return TagReader(file, text).read();
}

}  // namespace saasctl::render
