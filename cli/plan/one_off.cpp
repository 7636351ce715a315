#include "plan/one_off.hpp"

#include <algorithm>
#include <set>

#include "plan/labels.hpp"
#include "util/text.hpp"

namespace saasctl::plan {
namespace {

void set_variable(declare::Pairs& pairs, const std::string& assignment) {
  const auto equals = std::min(assignment.find('='), assignment.size());
  const auto name = assignment.substr(0, equals);
  const auto value = assignment.substr(std::min(equals + 1, assignment.size()));
  const auto found = std::ranges::find_if(pairs, [&](const auto& entry) { return entry.name == name; });
  if (found != pairs.end()) {
    found->value = value;
  } else {
    pairs.entries.push_back({name, {}, value});
  }
}

// The project with the service as it is to run this once.
project::Project changed(project::Project project, const OneOffOptions& options) {
  const auto found = std::ranges::find(project.services, options.service, &project::Service::name);
  if (found == project.services.end()) return project;
  auto& service = *found;
  service.container_name = options.name;
  service.pre_start.clear();
  if (options.no_dependencies) service.dependencies.clear();
  if (options.entrypoint) {
    service.spec.entrypoint = options.entrypoint;
    service.spec.command = std::vector<std::string>();
  }
  if (!options.command.empty()) service.spec.command = options.command;
  if (options.user) service.spec.user = options.user;
  if (options.working_dir) service.spec.working_dir = options.working_dir;
  for (const auto& assignment : options.environment) set_variable(service.spec.environment, assignment);
  service.spec.restart = "no";
  if (service.spec.deploy) service.spec.deploy->restart_policy.reset();
  service.spec.tty = options.tty;
  service.spec.stdin_open = options.input;
  if (!options.service_ports) service.spec.ports.clear();
  service.spec.ports.insert(service.spec.ports.end(), options.ports.begin(), options.ports.end());
  return project;
}

// Only the containers that are up all the time answer to the service's name and have its fixed addresses.
void keep_name_only(Json& endpoint, const std::string& name) {
  endpoint["Aliases"] = Json::array({name});
  endpoint.erase("IPAMConfig");
}

void adapt(CreateContainer& work, const OneOffOptions& options) {
  work.name = options.name;
  auto& labels = work.body["Labels"];
  labels[std::string(label::one_off)] = "True";
  for (const auto& [name, value] : options.labels) labels[name] = value;
  work.body["AttachStdin"] = options.input;
  work.body["StdinOnce"] = options.input;
  work.body["AttachStdout"] = true;
  work.body["AttachStderr"] = true;
  auto& host = work.body["HostConfig"];
  for (const auto& bind : options.binds) host["Binds"].push_back(bind);
  if (options.remove_by_engine) host["AutoRemove"] = true;
  if (work.body.contains("NetworkingConfig")) {
    for (auto& [network, endpoint] : work.body["NetworkingConfig"]["EndpointsConfig"].items())
      keep_name_only(endpoint, options.name);
  }
  for (auto& [network, endpoint] : work.connect) keep_name_only(endpoint, options.name);
}

struct IsItsRun {
  const std::string& service;
  bool operator()(const StartContainer& work) const { return work.service == service; }
  bool operator()(const AwaitService& work) const { return work.service == service; }
  bool operator()(const RunHook& work) const { return work.service == service; }
  bool operator()(const auto&) const { return false; }
};

// Leaves out the service's start and whatever waits for it; the others keep their order.
Plan without_start(Plan plan, const std::string& service) {
  std::vector<Action> kept;
  std::vector<std::optional<std::size_t>> place(plan.actions.size());
  for (std::size_t i = 0; i < plan.actions.size(); ++i) {
    auto& action = plan.actions[i];
    if (std::visit(IsItsRun{service}, action.work)) continue;
    std::vector<std::size_t> after;
    for (const auto before : action.after) {
      if (place[before]) after.push_back(*place[before]);
    }
    action.after = std::move(after);
    place[i] = kept.size();
    kept.push_back(std::move(action));
  }
  plan.actions = std::move(kept);
  plan.changes = true;
  return plan;
}

}  // namespace

Result<Plan> plan_one_off(const project::Project& project, const ObservedState& observed,
                          const OneOffOptions& options) {
  auto others = observed;
  // The service's own containers are nobody's business here, but the volumes that they mount are in use.
  for (auto& container : others.containers) {
    if (container.service == options.service) container.one_off = true;
  }
  UpOptions up;
  up.services = {options.service};
  up.wait = Wait::none;
  up.no_dependencies = options.no_dependencies;
  up.scale[options.service] = 1;
  up.keep_networks = true;
  auto plan = plan_up(changed(project, options), others, up);
  if (!plan) return plan;
  for (auto& action : plan->actions) {
    auto* work = std::get_if<CreateContainer>(&action.work);
    if (work != nullptr && work->service == options.service) adapt(*work, options);
  }
  return without_start(std::move(*plan), options.service);
}

std::vector<std::string> secret_volumes_of(const Plan& plan, const ObservedState& observed,
                                           const std::string& service) {
  std::set<std::string> known(observed.secret_volumes.begin(), observed.secret_volumes.end());
  for (const auto& action : plan.actions) {
    if (const auto* fill = std::get_if<FillSecrets>(&action.work)) known.insert(fill->volume);
  }
  std::vector<std::string> names;
  for (const auto& action : plan.actions) {
    const auto* create = std::get_if<CreateContainer>(&action.work);
    if (!create || create->service != service) continue;
    const auto host = create->body.value("HostConfig", Json::object());
    for (const auto& mount : host.value("Mounts", Json::array())) {
      if (auto source = mount.value("Source", std::string()); known.contains(source))
        names.push_back(std::move(source));
    }
  }
  return names;
}

std::optional<stack::Port> parse_published(std::string_view text) {
  stack::Port port;
  if (const auto slash = text.rfind('/'); slash != std::string_view::npos) {
    port.protocol = text.substr(slash + 1);
    text = text.substr(0, slash);
  }
  if (port.protocol != "tcp" && port.protocol != "udp" && port.protocol != "sctp") return std::nullopt;
  const auto valid = [](std::string_view number) {
    const auto value = parse_integer(number).value_or(0);
    return value > 0 && value <= 65535;
  };
  const auto colon = text.rfind(':');
  const auto target = text.substr(colon == std::string_view::npos ? 0 : colon + 1);
  if (!valid(target)) return std::nullopt;
  port.target.text = target;
  if (colon == std::string_view::npos) return port;
  text = text.substr(0, colon);
  const auto before = text.rfind(':');
  const bool has_address = before != std::string_view::npos;
  const auto published = text.substr(has_address ? before + 1 : 0);
  if (!(published.empty() && has_address) && !valid(published)) return std::nullopt;
  port.published.text = published;
  if (!has_address) return port;
  auto address = text.substr(0, before);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  if (address.empty()) return std::nullopt;
  port.host_ip = std::string(address);
  return port;
}

}  // namespace saasctl::plan
