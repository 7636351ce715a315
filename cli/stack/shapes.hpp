// Forms of the values that Compose lets one write short or long.
#pragma once

#include "stack/declare.hpp"
#include "stack/service.hpp"

namespace saasctl::stack {

// "[[host_ip:]published:]target[/protocol]", ranges ("8000-8002:80-82") or maps.
// Source: Compose specification, 05-services.md, "ports".
Form<std::vector<Port>> ports_form();

// "port[-port][/protocol]". Source: as above, "expose".
Form<std::string> expose_form();

Form<Map<Dependency>> depends_on_form();  // a list of names or a map
Form<Healthcheck> healthcheck_form();
Form<EnvFile> env_file_form();    // a path or a map
Form<EnvFile> label_file_form();  // a path
Form<Logging> logging_form();

// A number of microseconds, or a duration. Source: 05-services.md, "cpu_rt_period".
Form<std::string> microseconds_form();
std::int64_t microseconds(std::string_view text);  // of a text that the form has read

Form<std::string> swap_form();  // a size or -1 for no limit
Form<std::string> pull_policy_form();
Form<std::string> restart_form();
Form<Ready> ready_form();

// Whether a network, volume, service, secret or config may have this name.
bool is_resource_name(std::string_view name);

}  // namespace saasctl::stack
