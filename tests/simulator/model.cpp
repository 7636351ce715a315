#include "simulator/model.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "plan/labels.hpp"

namespace saasctl::test::simulator {
namespace {

Answer fault(int status, const std::string& message) {
  return {status, {{"message", message}}};
}

std::string label_of(const Json& body, std::string_view key) {
  if (!body.contains("Labels") || !body["Labels"].is_object()) return "";
  return body["Labels"].value(std::string(key), "");
}

std::string service_of(const Container& container) {
  return label_of(container.body, plan::label::service);
}

bool has_healthcheck(const Json& body) {
  if (!body.contains("Healthcheck") || !body["Healthcheck"].is_object()) return false;
  const auto test = body["Healthcheck"].value("Test", Json::array());
  return test.size() > 1 && test[0] != "NONE";
}

// Whether labels of `body` match the filter {"label": ["key=value", "key"]}.
bool matches(const Json& body, const Request& request) {
  const auto found = request.query.find("filters");
  if (found == request.query.end()) return true;
  const auto filters = Json::parse(found->second);
  for (const auto& entry : filters.value("label", Json::array())) {
    const auto text = entry.get<std::string>();
    const auto equals = text.find('=');
    const auto key = text.substr(0, equals);
    const bool has = body.contains("Labels") && body["Labels"].contains(key);
    if (!has || (equals != std::string::npos && body["Labels"][key] != text.substr(equals + 1))) return false;
  }
  return true;
}

// The engine's point in time.
std::string rfc3339(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t whole = std::chrono::system_clock::to_time_t(seconds);
  std::tm parts{};
  ::gmtime_r(&whole, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, (time - seconds).count());
}

// A frame of the engine's multiplexed stream.
std::string frame(const std::string& text) {
  std::string head(8, '\0');
  head[0] = 1;
  head[7] = static_cast<char>(text.size());
  return head + text;
}

}  // namespace

void Model::reset(std::map<std::string, std::string> images, Fate fate) {
  images_ = std::move(images);
  fate_ = std::move(fate);
  containers_.clear();
  networks_.clear();
  volumes_.clear();
  execs_.clear();
  faults_of_order_.clear();
  rules.clear();
}

std::string Model::new_id() {
  return fmt::format("{:064x}", ++ids_);
}

Container* Model::find(const std::string& name_or_id) {
  if (const auto found = containers_.find(name_or_id); found != containers_.end()) return &found->second;
  const auto named = std::ranges::find_if(containers_, [&](const auto& one) { return one.second.name == name_or_id; });
  return named == containers_.end() ? nullptr : &named->second;
}

Answer Model::call(const Request& request, Time now) {
  advance(now);
  const auto& kind = request.path.empty() ? std::string() : request.path[0];
  if (kind == "containers") return containers_call(request, now);
  if (kind == "networks") return networks_call(request);
  if (kind == "volumes") return volumes_call(request);
  if (kind == "images") return images_call(request);
  if (kind == "exec") return exec_call(request, now);
  return fault(404, "page not found");
}

Answer Model::containers_call(const Request& request, Time now) {
  if (request.path.size() == 2 && request.path[1] == "json") return list(request);
  if (request.path.size() == 2 && request.path[1] == "create") return create(request);
  auto* container = request.path.size() > 1 ? find(request.path[1]) : nullptr;
  if (!container) return fault(404, "No such container: " + (request.path.size() > 1 ? request.path[1] : ""));
  return container_call(*container, request, now);
}

Answer Model::container_call(Container& container, const Request& request, Time now) {
  const auto verb = request.path.size() > 2 ? request.path[2] : "";
  const bool running = container.state == "running";
  if (request.method == "DELETE") {
    if (running && request.query.at("force") != "1") return fault(409, "You cannot remove a running container");
    if (running) end(container, 137, now);
    tell(container, "destroy", now);
    containers_.erase(container.id);
    return {204};
  }
  if (verb == "json") return {200, inspect(container)};
  if (verb == "start") return start(container, now);
  if (verb == "stop" || verb == "kill") {
    if (!running) return verb == "stop" ? Answer{304} : fault(409, "is not running");
    end(container, 137, now);
    return {204};
  }
  if (verb == "rename") {
    if (find(request.query.at("name"))) return fault(409, "Conflict. The container name is already in use");
    container.name = request.query.at("name");
    return {204};
  }
  if (verb == "archive") return {200};
  if (verb == "logs") return {200, nullptr, frame("2026-01-01T00:00:00.000000000Z what it said\n")};
  if (verb == "exec") {
    if (!running) return fault(409, "Container " + container.id + " is not running");
    const auto id = new_id();
    execs_[id] = {container.id};
    return {201, {{"Id", id}}};
  }
  return fault(404, "page not found");
}

Answer Model::create(const Request& request) {
  const auto body = Json::parse(request.body);
  const auto& name = request.query.at("name");
  if (find(name)) return fault(409, "Conflict. The container name \"/" + name + "\" is already in use");
  if (!images_.contains(body.at("Image"))) return fault(404, "No such image");
  Container container{.id = new_id(), .name = name, .body = body};
  const auto id = container.id;
  containers_.emplace(id, std::move(container));
  return {201, {{"Id", id}, {"Warnings", Json::array()}}};
}

Answer Model::start(Container& container, Time now) {
  if (container.state == "running") return {304};
  const auto networking = container.body.value("NetworkingConfig", Json::object());
  const auto endpoints = networking.value("EndpointsConfig", Json::object());
  for (const auto& [name, endpoint] : endpoints.items()) {
    const bool there =
        std::ranges::any_of(networks_, [&, &n = name](const auto& one) { return one.second["Name"] == n; });
    if (!there) return fault(404, "network " + name + " not found");
  }
  check_order(container, now);
  container.life = fate_(service_of(container), container.body, container.starts++);
  container.state = "running";
  container.exit_code = 0;
  container.started = now;
  container.health = "starting";
  container.was_ready = false;
  tell(container, "start", now);
  return {204};
}

// Holds a start against what its service depends on.
void Model::check_order(const Container& container, Time now) {
  const auto rule = rules.find(service_of(container));
  if (rule == rules.end()) return;
  for (const auto& [dependency, condition] : rule->second) {
    const bool met = std::ranges::any_of(containers_, [&, &d = dependency, &c = condition](const auto& entry) {
      const auto& other = entry.second;
      if (service_of(other) != d || label_of(other.body, plan::label::one_off) == "True") return false;
      if (c == "service_started") return other.starts > 0;
      if (c == "service_completed_successfully") return other.state == "exited" && other.exit_code == 0;
      return other.was_ready || other.answers(now) || other.health == "healthy";
    });
    if (!met)
      faults_of_order_.push_back(
          fmt::format("{} was started although {} was not {}", rule->first, dependency, condition));
  }
}

std::optional<Time> Model::advance(Time now) {
  std::optional<Time> next;
  const auto due = [&](Time time) {
    if (time <= now) return true;
    next = next ? std::min(*next, time) : time;
    return false;
  };
  for (auto& [id, container] : containers_) {
    if (container.state != "running") continue;
    const auto& life = container.life;
    if (!container.was_ready) container.was_ready = due(container.started + life.ready_after);
    if (has_healthcheck(container.body)) {
      if (life.unhealthy_after && container.health != "unhealthy" && due(container.started + *life.unhealthy_after)) {
        container.health = "unhealthy";
        tell(container, "health_status: unhealthy", now);
      }
      if (container.health == "starting" && due(container.started + life.healthy_after)) {
        container.health = "healthy";
        tell(container, "health_status: healthy", now);
      }
    }
    if (life.ends_after && due(container.started + *life.ends_after)) end(container, life.exit_code, now);
  }
  return next;
}

void Model::calm(Time now) {
  for (auto& [id, container] : containers_) {
    container.life.unhealthy_after.reset();
    if (container.life.exit_code != 0 && !container.life.is_job) container.life.ends_after.reset();
    container.life.exit_code = 0;
    if (container.state == "running" && container.health == "unhealthy") {
      container.health = "healthy";
      tell(container, "health_status: healthy", now);
    }
  }
}

void Model::end(Container& container, int exit_code, Time now) {
  container.state = "exited";
  container.exit_code = exit_code;
  container.health = "starting";
  tell(container, "die", now, {{"exitCode", std::to_string(exit_code)}});
}

void Model::tell(const Container& container, const std::string& action, Time now, Json more) {
  auto attributes = container.body.value("Labels", Json::object());
  attributes.update(more);
  attributes["name"] = container.name;
  on_event({now,
            {{"Type", "container"},
             {"Action", action},
             {"Actor", {{"ID", container.id}, {"Attributes", attributes}}},
             {"time", std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count()},
             {"timeNano", now.time_since_epoch().count()}}});
}

// What the engine makes of the mounts that a container was created with.
Json mounts_of(const Json& body) {
  auto rows = Json::array();
  const auto host = body.value("HostConfig", Json::object());
  for (const auto& mount : host.value("Mounts", Json::array())) {
    rows.push_back({{"Type", mount.value("Type", "")},
                    {"Name", mount.value("Source", "")},
                    {"Destination", mount.value("Target", "")},
                    {"RW", !mount.value("ReadOnly", false)}});
  }
  return rows;
}

Answer Model::list(const Request& request) const {
  auto rows = Json::array();
  for (const auto& [id, container] : containers_) {
    if (!matches(container.body, request)) continue;
    std::string status = container.state == "created"  ? "Created"
                         : container.state == "exited" ? fmt::format("Exited ({}) 1 second ago", container.exit_code)
                                                       : "Up 1 second";
    if (container.state == "running" && has_healthcheck(container.body))
      status += container.health == "starting" ? " (health: starting)" : " (" + container.health + ")";
    rows.push_back({{"Id", id},
                    {"Names", {"/" + container.name}},
                    {"Image", container.body["Image"]},
                    {"ImageID", images_.at(container.body["Image"])},
                    {"State", container.state},
                    {"Status", status},
                    {"Labels", container.body.value("Labels", Json::object())},
                    {"Ports", Json::array()},
                    {"Mounts", mounts_of(container.body)},
                    {"Created", 1}});
  }
  return {200, rows};
}

Json Model::inspect(const Container& container) const {
  Json state = {{"Status", container.state},
                {"Running", container.state == "running"},
                {"Restarting", false},
                {"OOMKilled", false},
                {"ExitCode", container.exit_code},
                {"Error", ""},
                {"StartedAt", rfc3339(container.started)}};
  if (has_healthcheck(container.body)) {
    state["Health"] = {{"Status", container.health},
                       {"FailingStreak", container.health == "unhealthy" ? 3 : 0},
                       {"Log", Json::array()}};
  }
  return {{"Id", container.id},
          {"Name", "/" + container.name},
          {"Image", images_.at(container.body["Image"])},
          {"Config", container.body},
          {"HostConfig", container.body.value("HostConfig", Json::object())},
          {"RestartCount", 0},
          {"Mounts", mounts_of(container.body)},
          {"State", state},
          {"NetworkSettings", {{"Ports", Json::object()}, {"Networks", Json::object()}}}};
}

Answer Model::networks_call(const Request& request) {
  if (request.method == "GET" && request.path.size() == 1) {
    auto rows = Json::array();
    for (const auto& [id, network] : networks_) {
      if (!matches(network, request)) continue;
      rows.push_back(network);
      rows.back()["Id"] = id;
    }
    return {200, rows};
  }
  if (request.path.size() == 2 && request.path[1] == "create") {
    const auto body = Json::parse(request.body);
    if (std::ranges::any_of(networks_, [&](const auto& one) { return one.second["Name"] == body["Name"]; }))
      return fault(409, "network with name " + body["Name"].get<std::string>() + " already exists");
    const auto id = new_id();
    networks_[id] = body;
    return {201, {{"Id", id}}};
  }
  const auto found = std::ranges::find_if(networks_, [&](const auto& one) {
    return one.first == request.path[1] || one.second["Name"] == request.path[1];
  });
  if (found == networks_.end()) return fault(404, "network " + request.path[1] + " not found");
  if (request.method == "DELETE") networks_.erase(found);
  return {request.method == "DELETE" ? 204 : 200};
}

Answer Model::volumes_call(const Request& request) {
  if (request.method == "GET" && request.path.size() == 1) {
    auto rows = Json::array();
    for (const auto& [name, volume] : volumes_) rows.push_back(volume);
    return {200, {{"Volumes", rows}}};
  }
  if (request.path.size() == 2 && request.path[1] == "create") {
    const auto body = Json::parse(request.body);
    const auto [at, made] = volumes_.emplace(body["Name"].get<std::string>(), body);
    return {201, at->second};
  }
  const bool used = std::ranges::any_of(containers_, [&](const auto& one) {
    const auto mounts = mounts_of(one.second.body);
    return std::ranges::any_of(mounts, [&](const Json& mount) { return mount["Name"] == request.path[1]; });
  });
  if (used) return fault(409, "remove " + request.path[1] + ": volume is in use");
  return {volumes_.erase(request.path[1]) > 0 ? 204 : 404, {{"message", "no such volume"}}};
}

Answer Model::images_call(const Request& request) const {
  if (request.path.back() != "json") return fault(404, "page not found");
  if (request.path.size() == 2) {
    auto rows = Json::array();
    for (const auto& [name, id] : images_)
      rows.push_back({{"Id", id}, {"RepoTags", {name}}, {"RepoDigests", Json::array()}, {"Labels", Json::object()}});
    return {200, rows};
  }
  const auto found = images_.find(request.path[1]);
  if (found == images_.end()) return fault(404, "No such image: " + request.path[1]);
  return {200, {{"Id", found->second}, {"RepoTags", {found->first}}, {"Config", {{"User", ""}}}}};
}

// The healthcheck's command says what the container's life says.
Answer Model::exec_call(const Request& request, Time now) {
  const auto found = execs_.find(request.path[1]);
  if (found == execs_.end()) return fault(404, "No such exec instance");
  if (request.path[2] == "json") return {200, {{"ExitCode", found->second.exit_code}, {"Running", false}}};
  const auto* container = find(found->second.container);
  if (!container || container->state != "running") return fault(409, "Container is not running");
  found->second.exit_code = container->answers(now) ? 0 : 1;
  return {200, nullptr, frame("checked\n")};
}

std::vector<std::string> Model::names_of_networks() const {
  std::vector<std::string> names;
  for (const auto& [id, network] : networks_) names.push_back(network["Name"]);
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> Model::names_of_volumes() const {
  std::vector<std::string> names;
  for (const auto& [name, volume] : volumes_) names.push_back(name);
  return names;
}

}  // namespace saasctl::test::simulator
