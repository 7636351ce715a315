// A verification report as JUnit XML, for CI systems.
// Source: the schema of the Jenkins xUnit plugin (junit-10.xsd), in the subset that the older Ant schema (Windy Road's
// JUnit.xsd) takes too: one suite, no attributes on testsuites; XML 1.0 (fifth edition), section 2.2 (characters).
#pragma once

#include <string>

#include "verify/report.hpp"

namespace saasctl::report {

// A failed step is a failure, one that could not be run an error, a skipped one skipped; their text holds everything
// that the report says of the step. Characters that XML does not have, and bytes that are not UTF-8, become U+FFFD.
std::string junit(const verify::Report& report);

}  // namespace saasctl::report
