// Keeping secrets out of reports.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stack/verify.hpp"
#include "verify/report.hpp"

namespace saasctl::verify {

inline constexpr std::string_view mask = "***";

// Not thread-safe.
class Redactor {
 public:
  // From now on this value, and how JSON and URLs spell it, is hidden. The empty text is none.
  void add(const declare::Json& value);

  // The same for every member of the value whose name is sensitive (stack::is_sensitive).
  void add_sensitive(const declare::Json& value);

  std::string apply(std::string text) const;
  void apply(StepResult& result) const;

 private:
  std::vector<std::string> secrets_;  // longest first, so that a secret within another one leaves no rest
};

// A copy whose members with sensitive names (stack::is_sensitive) are hidden, whatever they hold.
declare::Json redacted(declare::Json value);

}  // namespace saasctl::verify
