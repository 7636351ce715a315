// A verification report as JSON (RFC 8259): {"project", "started" (RFC 3339, UTC), "duration_seconds", "passed",
// "interrupted", "counts": {"passed", "failed", "skipped", "error"}, "steps": [{"name", "where", "status",
// "duration_seconds", "findings": [{"expected", "got", "where"}], "message", "hints", "details"}]}; a step's empty
// texts and lists are left out.
#pragma once

#include <string>

#include "verify/report.hpp"

namespace saasctl::report {

// Two spaces of indentation, with a line break at the end. Bytes that are not UTF-8 become U+FFFD.
std::string json(const verify::Report& report);

}  // namespace saasctl::report
