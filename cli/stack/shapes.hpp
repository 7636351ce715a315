// Forms of the values that Compose lets one write short or long.
#pragma once

#include "stack/service.hpp"
#include "stack/vocabulary.hpp"

namespace saasctl::stack {

// "[[host_ip:]published:]target[/protocol]", ranges ("8000-8002:80-82") or maps.
// Source: Compose specification, 05-services.md, "ports".
Codec<std::vector<Port>> ports_form();

// "port[-port][/protocol]". Source: as above, "expose".
Codec<std::string> expose_form();

Codec<Map<Dependency>> depends_on_form();  // a list of names or a map
Codec<Healthcheck> healthcheck_form();
Codec<EnvFile> env_file_form();    // a path or a map
Codec<EnvFile> label_file_form();  // a path
Codec<Logging> logging_form();

// A number of microseconds, or a duration. Source: 05-services.md, "cpu_rt_period".
Codec<std::string> microseconds_form();
std::int64_t microseconds(std::string_view text);  // of a text that the form has read

Codec<std::string> swap_form();  // a size or -1 for no limit
Codec<std::string> pull_policy_form();
Codec<std::string> restart_form();
Codec<Ready> ready_form();

// Whether a network, volume, service, secret or config may have this name.
bool is_resource_name(std::string_view name);

}  // namespace saasctl::stack
