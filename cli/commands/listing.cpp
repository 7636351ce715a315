#include "commands/listing.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "commands/running_project.hpp"
#include "plan/labels.hpp"
#include "terminal/table.hpp"
#include "util/printable.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

using std::chrono::duration_cast;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

bool has_ipv4_twin(const engine::ContainerSummary& container, const engine::PortBinding& binding) {
  return binding.host_ip == "::" && std::ranges::any_of(container.ports, [&](const engine::PortBinding& other) {
           return other.host_ip == "0.0.0.0" && other.host_port == binding.host_port &&
                  other.container_port == binding.container_port;
         });
}

nlohmann::ordered_json publishers(const engine::ContainerSummary& container) {
  auto out = nlohmann::ordered_json::array();
  for (const auto& binding : container.ports) {
    const auto parts = split(binding.container_port, '/');
    out.push_back({{"URL", binding.host_ip},
                   {"TargetPort", parse_integer(parts[0]).value_or(0)},
                   {"PublishedPort", binding.host_port},
                   {"Protocol", parts.size() > 1 ? parts[1] : "tcp"}});
  }
  return out;
}

}  // namespace

void add_format(CLI::App& verb, std::string& format) {
  verb.add_option("--format", format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
}

std::string listing_text(const Listing& listing, bool quiet, const std::string& format) {
  if (!quiet) return format == "json" ? listing.json.dump(2) + "\n" : terminal::table(listing.headers, listing.rows);
  std::string out;
  for (const auto& row : listing.rows) out += printable_line(row.front()) + "\n";
  return out;
}

std::string health_of(const engine::ContainerSummary& container) {
  if (container.status.find("(healthy)") != std::string::npos) return "healthy";
  if (container.status.find("(unhealthy)") != std::string::npos) return "unhealthy";
  return container.status.find("(health: starting)") != std::string::npos ? "starting" : "";
}

int exit_code_of(const engine::ContainerSummary& container) {
  constexpr std::string_view head = "Exited (";
  if (!container.status.starts_with(head)) return 0;
  const auto rest = std::string_view(container.status).substr(head.size());
  return static_cast<int>(parse_integer(rest.substr(0, rest.find(')'))).value_or(0));
}

std::vector<std::string> ports_of(const engine::ContainerSummary& container) {
  std::vector<std::string> ports;
  for (const auto& binding : container.ports) {
    if (has_ipv4_twin(container, binding)) continue;
    const auto host = binding.host_ip.find(':') == std::string::npos ? binding.host_ip : "[" + binding.host_ip + "]";
    ports.push_back(binding.host_port == 0 ? binding.container_port
                                           : fmt::format("{}:{}->{}", host, binding.host_port, binding.container_port));
  }
  std::ranges::sort(ports);
  return ports;
}

std::string human_duration(seconds duration) {
  const auto count = duration.count();
  if (count < 1) return "Less than a second";
  if (count == 1) return "1 second";
  if (count < 60) return fmt::format("{} seconds", count);
  const auto whole_minutes = duration_cast<minutes>(duration).count();
  if (whole_minutes == 1) return "About a minute";
  if (whole_minutes < 60) return fmt::format("{} minutes", whole_minutes);
  const auto whole_hours = (count + 1800) / 3600;
  if (whole_hours == 1) return "About an hour";
  if (whole_hours < 48) return fmt::format("{} hours", whole_hours);
  const auto days = whole_hours / 24;
  if (days < 14) return fmt::format("{} days", days);
  if (days < 60) return fmt::format("{} weeks", days / 7);
  if (days < 730) return fmt::format("{} months", days / 30);
  return fmt::format("{} years", days / 365);
}

nlohmann::ordered_json ps_row(const engine::ContainerSummary& container, engine::Timestamp now) {
  const auto created = container.created.value_or(now);
  const auto since = std::chrono::floor<seconds>(created.time_since_epoch()).count();
  return {{"ID", container.id},
          {"Name", container.name},
          {"Service", service_of(container)},
          {"Project", label_of(container, plan::label::project)},
          {"Image", container.image},
          {"Command", container.command},
          {"State", container.state},
          {"Health", health_of(container)},
          {"ExitCode", exit_code_of(container)},
          {"Status", container.status},
          {"CreatedAt", fmt::format("{:%Y-%m-%d %H:%M:%S} +0000 UTC", fmt::gmtime(static_cast<std::time_t>(since)))},
          {"RunningFor", human_duration(duration_cast<seconds>(now - created)) + " ago"},
          {"Ports", join(ports_of(container), ", ")},
          {"Publishers", publishers(container)},
          {"Networks", join(container.networks, ",")},
          {"Mounts", join(volumes_of(container), ",")}};
}

}  // namespace saasctl::commands
