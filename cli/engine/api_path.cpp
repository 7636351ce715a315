#include "engine/api_path.hpp"

#include <algorithm>

#include "util/http.hpp"
#include "util/text.hpp"

namespace saasctl::engine {

void ApiPath::append(std::string_view part, bool keep_slashes) {
  const auto pieces = split(part, '/');
  const bool is_harmless = std::ranges::none_of(
      pieces, [](const std::string& piece) { return piece.empty() || piece == "." || piece == ".."; });
  if (!is_harmless && refused_.empty()) refused_ = "'" + std::string(part) + "'";
  text_ += '/';
  if (!keep_slashes) {
    text_ += http::percent_encode(part);
    return;
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) text_ += (i == 0 ? "" : "/") + http::percent_encode(pieces[i]);
}

ApiPath ApiPath::operator/(std::string_view segment) const {
  auto longer = *this;
  longer.append(segment, false);
  return longer;
}

ApiPath ApiPath::image(std::string_view reference) const {
  auto longer = *this;
  longer.append(reference, true);
  return longer;
}

}  // namespace saasctl::engine
