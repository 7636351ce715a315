// The tags of a Mustache template, read before the library is given the text: it copies the whole text of each section
// into the section, recurses once a level, and has no limits of its own.
// Source: mustache(5), https://mustache.github.io/mustache.5.html
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "util/result.hpp"

namespace saasctl::render {

enum class TagKind { value, section_begin, section_end };

struct TemplateTag {
  TagKind kind;
  std::string name;
  std::size_t line;  // 1-based
};

// The tags in order, comments left out. `file` is how messages name the template. Errors (usage, "template FILE:LINE:
// …"): a template of more than 256 KiB, sections more than 32 levels deep, a tag or section without its end, the end
// of another section, partials and changed delimiters.
Result<std::vector<TemplateTag>> template_tags(const std::string& file, std::string_view text);

}  // namespace saasctl::render
