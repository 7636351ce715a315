#include "yaml/interpolation_errors.hpp"

#include <algorithm>
#include <string_view>

namespace saasctl::yaml {
namespace {

// Walks the dollar signs of a text and of the file it was written in, side by side.
class DollarSigns {
 public:
  explicit DollarSigns(const Node& node)
      : text_(node.text), file_(node.at.source->text()), source_(*node.at.source), next_(source_.offset(node.at)) {}

  // The place of the one at text[offset]; offsets must not become smaller. Absent: the file has not so many.
  std::optional<Position> place_of(std::size_t offset) {
    for (; passed_ <= offset && passed_ < text_.size(); ++passed_) {
      if (text_[passed_] != '$' || next_ == std::string::npos) continue;
      found_ = file_.find('$', next_);
      next_ = found_ == std::string::npos ? found_ : found_ + 1;
    }
    if (found_ == std::string::npos) return std::nullopt;
    return source_.position(found_);
  }

 private:
  std::string_view text_;
  std::string_view file_;
  const Source& source_;
  std::size_t next_;                       // where the file is searched on
  std::size_t passed_ = 0;                 // bytes of the text
  std::size_t found_ = std::string::npos;  // the last one in the file
};

}  // namespace

void add_errors(const Node& node, std::vector<InterpolationError> errors, Diagnostics& diagnostics) {
  std::ranges::stable_sort(errors, {}, &InterpolationError::offset);
  std::optional<DollarSigns> signs;
  if (node.at) signs.emplace(node);
  for (auto& error : errors) {
    const auto place = signs ? signs->place_of(error.offset) : std::nullopt;
    diagnostics.add(place.value_or(node.at), error.length, std::move(error.message), std::move(error.hint));
  }
}

}  // namespace saasctl::yaml
