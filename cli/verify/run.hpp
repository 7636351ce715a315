// Running a plan from its first step to its last.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "stack/stack.hpp"
#include "verify/report.hpp"
#include "verify/verify_deps.hpp"

namespace saasctl::verify {

// Called on the caller's thread when a step has ended, in the order of the plan.
using Listener = std::function<void(const StepResult&)>;

// Runs every step of stack.verify (read in resolve mode, validate_plan() found nothing wrong). A step whose values are
// missing because an earlier one failed is skipped; all others run. Every wait is bounded by the plan's own times; once
// the token is set the step that runs ends at once and the rest is skipped. Positions in the report are texts, so it
// may outlive the stack.
Report run(const stack::Stack& stack, const std::string& project, VerifyDeps& world, const Listener& listener,
           std::stop_token stop);

}  // namespace saasctl::verify
