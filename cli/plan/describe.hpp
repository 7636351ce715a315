// A plan for its readers: people, programs, drawing tools. Pure text; values that may be passwords are never in it.
#pragma once

#include <string>

#include "plan/plan.hpp"

namespace saasctl::plan {

// One line for each thing that becomes another, with its cause, then what stays as it is:
//   auth-service: recreate: deploy.resources.limits.memory 128M → 256M
//   unchanged: db, redis
// "nothing to do" when nothing changes.
std::string to_text(const Plan& plan);

// {"project", "changes": bool, "steps": [{"subject", "kind", "verdict", "cause", "changes": [{"path", "before",
// "after", "hidden"}]}], "unchanged": [name], "notes": [text], "actions": [{"id", "action", "subject", "text",
// "after": [id]}]}. A value that is absent or hidden is null.
Json to_json(const Plan& plan, const std::string& project);

// The actions and what each waits for, where that does not follow from its other waits. Sources:
// graphviz.org/doc/info/lang.html; mermaid.js.org/syntax/flowchart.html.
std::string to_dot(const Plan& plan);
std::string to_mermaid(const Plan& plan);

}  // namespace saasctl::plan
