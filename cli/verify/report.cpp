#include "verify/report.hpp"

#include <algorithm>

namespace saasctl::verify {

std::string_view to_string(Status status) {
  switch (status) {
    case Status::passed:
      return "passed";
    case Status::failed:
      return "failed";
    case Status::skipped:
      return "skipped";
    case Status::error:
      return "error";
  }
  return "";
}

std::size_t Report::count(Status status) const {
  return static_cast<std::size_t>(std::ranges::count(steps, status, &StepResult::status));
}

bool Report::passed() const {
  return !interrupted && count(Status::passed) == steps.size();
}

}  // namespace saasctl::verify
