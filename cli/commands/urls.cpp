#include "commands/urls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

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

// Where the port is reached, and which it is in the container.
struct Published {
  std::string service;
  int number = 0;  // of the port
  std::string where;
  std::string port;  // "80/tcp"

  auto key() const { return std::tie(number, port, where); }
};

// In the order of the ports; a scaled service has several of the same number.
std::vector<Published> published_by(const project::Service& service, const engine::Endpoint& endpoint,
                                    const std::vector<plan::ObservedContainer>& containers) {
  std::vector<Published> out;
  for (const auto& container : containers) {
    if (container.service != service.name || container.one_off) continue;
    for (const auto& published : container.ports) {
      if (published.host_ip == "::") continue;
      const auto slash = published.port.find('/');
      const auto port = published.port.substr(0, slash);
      const bool web = published.port.substr(slash + 1) == "tcp" && speaks_http(service, port);
      out.push_back({service.name, static_cast<int>(parse_integer(port).value_or(0)),
                     fmt::format("{}{}:{}", web ? "http://" : "", engine::published_host(endpoint, published.host_ip),
                                 published.host_port),
                     published.port});
    }
  }
  std::ranges::sort(out, {}, &Published::key);
  return out;
}

}  // namespace

void print_urls(const Session& session, const engine::Endpoint& endpoint, const project::Project& project,
                const std::vector<std::string>& services, const std::vector<plan::ObservedContainer>& containers) {
  std::vector<Published> all;
  for (const auto& service : project.services) {
    if (services.empty() || std::ranges::find(services, service.name) != services.end())
      std::ranges::move(published_by(service, endpoint, containers), std::back_inserter(all));
  }
  std::size_t service_width = 0;
  std::size_t where_width = 0;
  for (const auto& one : all) {
    service_width = std::max(service_width, one.service.size());
    where_width = std::max(where_width, one.where.size());
  }
  for (const auto& one : all) {
    session.terminal.data(
        fmt::format("{:<{}}  {:<{}}  {}\n", one.service, service_width, one.where, where_width, one.port));
  }
}

}  // namespace saasctl::commands
