#include "common/core/route.hpp"

#include "common/core/encoding.hpp"

namespace saasctl::services {

namespace {

// "/a/b" → {"a", "b"}; "/a/" keeps its empty last segment, so it isn't "/a".
std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  for (;;) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

RoutePattern::RoutePattern(std::string text) : text_(std::move(text)) {
  for (const std::string_view segment : split(text_)) {
    const bool named = segment.starts_with('{') && segment.ends_with('}');
    segments_.push_back({std::string(named ? segment.substr(1, segment.size() - 2) : segment), named});
  }
}

std::optional<PathParameters> RoutePattern::match(std::string_view path) const {
  const std::vector<std::string_view> given = split(path);
  if (given.size() != segments_.size()) return std::nullopt;
  PathParameters parameters;
  for (std::size_t at = 0; at < given.size(); ++at) {
    auto value = percent_decoded(given[at]);
    if (!value) return std::nullopt;
    if (segments_[at].named) {
      if (value->empty()) return std::nullopt;
      parameters.emplace(segments_[at].text, std::move(*value));
    } else if (*value != segments_[at].text) {
      return std::nullopt;
    }
  }
  return parameters;
}

}  // namespace saasctl::services
