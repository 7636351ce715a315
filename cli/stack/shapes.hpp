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

// "[source:]target[:ro|rw]" or a map. A source that begins with . / ~ is a path, any other the name of a volume.
// Source: Compose specification, 05-services.md, "volumes".
Form<Mount> mount_form();

Form<Build> build_form();                 // a context folder or a map
Form<Map<NetworkUse>> networks_form();    // a list of names or a map
Form<Map<Dependency>> depends_on_form();  // a list of names or a map
Form<Grant> grant_form();                 // a name or a map
Form<Ulimit> ulimit_form();               // one number or soft and hard
Form<Healthcheck> healthcheck_form();
Form<EnvFile> env_file_form();  // a path or a map
Form<Logging> logging_form();
Form<Ready> ready_form();

// Whether a network, volume, service, secret or config may have this name.
bool is_resource_name(std::string_view name);

}  // namespace saasctl::stack
