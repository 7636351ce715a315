#include "commands/urls.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/containers.hpp"
#include "plan/labels.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

// Whether the file says that this port of the container speaks HTTP: its template or its ready probe does, or its
// healthcheck asks a URL, if perhaps at another port.
bool speaks_http(const project::Service& service, const std::string& port) {
  const auto& spec = service.spec;
  if (spec.ready && spec.ready->http) return true;
  if (service.from_template) {
    const auto hole = service.from_template->values.find("port");
    if (hole != service.from_template->values.end() && hole->second == port) return true;
  }
  return spec.healthcheck && join(spec.healthcheck->test, " ").find("http://") != std::string::npos;
}

}  // namespace

int print_urls(const Session& session, const engine::Client& client, const project::Project& project) {
  const auto containers =
      engine::list_containers(client, {std::string(plan::label::project) + "=" + project.name}, session.stop, false);
  if (!containers) return fail(session, containers.error());
  std::size_t width = 0;
  for (const auto& service : project.services) width = std::max(width, service.name.size());
  for (const auto& service : project.services) {
    for (const auto& container : *containers) {
      const auto label = container.labels.find(std::string(plan::label::service));
      if (label == container.labels.end() || label->second != service.name) continue;
      for (const auto& binding : container.ports) {
        if (binding.host_port == 0 || binding.host_ip == "::") continue;
        const auto slash = binding.container_port.find('/');
        const auto port = binding.container_port.substr(0, slash);
        const bool web = binding.container_port.substr(slash + 1) == "tcp" && speaks_http(service, port);
        const auto host = engine::published_host(client.endpoint(), binding.host_ip);
        session.terminal.data(
            fmt::format("{:<{}}  {}{}:{}\n", service.name, width, web ? "http://" : "", host, binding.host_port));
      }
    }
  }
  return 0;
}

}  // namespace saasctl::commands
