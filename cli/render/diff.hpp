// The difference of two texts as people read it.
#pragma once

#include <string>
#include <string_view>

namespace saasctl::render {

// A unified diff with three lines of context; "" when the texts are equal. A missing line break at an end is marked.
// The edits are the fewest there are, up to 4,000; texts further apart than that are shown as one replaced by the
// other. Source: POSIX diff, "Diff -u Output Format"; the shortest edit script is Myers's (1986), section 4.
std::string unified_diff(std::string_view from_name, std::string_view from, std::string_view to_name,
                         std::string_view to);

}  // namespace saasctl::render
