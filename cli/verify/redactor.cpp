#include "verify/redactor.hpp"

#include <algorithm>

#include "util/http.hpp"
#include "verify/compare.hpp"

namespace saasctl::verify {

using declare::Json;

void Redactor::add(const Json& value) {
  if (value.is_null() || value.is_boolean()) return;
  const auto text = as_text(value);
  auto quoted = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  const auto escaped = quoted.substr(1, quoted.size() - 2);
  for (const auto& spelling : {text, escaped, http::percent_encode(text)}) {
    if (!spelling.empty() && std::ranges::find(secrets_, spelling) == secrets_.end()) secrets_.push_back(spelling);
  }
  std::ranges::stable_sort(secrets_, std::ranges::greater{}, &std::string::size);
}

void Redactor::add_sensitive(const Json& value) {
  if (value.is_array()) {
    for (const auto& item : value) add_sensitive(item);
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      if (member.is_structured()) {
        add_sensitive(member);
      } else if (stack::is_sensitive(key)) {
        add(member);
      }
    }
  }
}

std::string Redactor::apply(std::string text) const {
  for (const auto& secret : secrets_) {
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + mask.size())) {
      text.replace(at, secret.size(), mask);
    }
  }
  return text;
}

void Redactor::apply(StepResult& result) const {
  for (auto& finding : result.findings) {
    finding.expected = apply(std::move(finding.expected));
    finding.got = apply(std::move(finding.got));
  }
  result.message = apply(std::move(result.message));
  for (auto& hint : result.hints) hint = apply(std::move(hint));
  for (auto& detail : result.details) detail = apply(std::move(detail));
}

Json redacted(Json value) {
  if (value.is_array()) {
    for (auto& item : value) item = redacted(std::move(item));
  } else if (value.is_object()) {
    for (auto& [key, member] : value.items())
      member = stack::is_sensitive(key) ? Json(mask) : redacted(std::move(member));
  }
  return value;
}

}  // namespace saasctl::verify
