// A verification report as text for people.
#pragma once

#include <cstddef>
#include <string>

#include "verify/report.hpp"

namespace saasctl::report {

struct ConsoleOptions {
  bool colour = false;      // ANSI escape codes
  std::size_t width = 100;  // columns; long lines of findings are broken at spaces, names are cut
};

// One row of the table, with its line break. Rows do not depend on each other, so that each can be shown as soon as its
// step has ended.
std::string console_row(const verify::StepResult& step, const ConsoleOptions& options);

// Every step that did not pass, with what was expected, what was found and where to look; empty when all passed.
std::string console_failures(const verify::Report& report, const ConsoleOptions& options);

// "9 of 10 checks passed, 1 failed, in 3.2 s." with its line break.
std::string console_summary(const verify::Report& report, const ConsoleOptions& options);

// All rows, failures and the summary.
std::string console(const verify::Report& report, const ConsoleOptions& options);

}  // namespace saasctl::report
