#include "plan/foreign_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "plan/container_body.hpp"
#include "plan/engine_values.hpp"
#include "plan/replica_body.hpp"
#include "util/text.hpp"

namespace saasctl::plan {
namespace {

using project::Json;

// Set by every engine in its own way when nobody asks, or compared elsewhere.
const std::set<std::string, std::less<>> left_out{
    "Binds",        "Mounts",      "Tmpfs",           "PortBindings",  "ConsoleSize",      "Runtime",
    "CgroupnsMode", "MaskedPaths", "Isolation",       "ReadonlyPaths", "CgroupParent",     "UsernsMode",
    "MemorySwap",   "NetworkMode", "ContainerIDFile", "LogConfig",     "MemorySwappiness", "Links"};

struct Place {
  std::string type;
  std::string source;  // empty: any
  bool read_only = false;
};

class Comparison {
 public:
  Comparison(const ContainerBody& wanted, const std::string& name, const Json& actual, const Json& image)
      : wanted_(wanted), body_(wanted.body), name_(name), actual_(actual), image_(image) {}

  std::vector<Change> make() {
    const auto& called = member(actual_, "Name");  // with a slash before it
    differ("container_name", called.is_string() ? Json(called.get<std::string>().substr(1)) : Json(), Json(name_));
    config();
    environment();
    labels();
    host();
    mounts();
    ports();
    networks();
    return std::move(changes_);
  }

 private:
  void differ(const std::string& path, const Json& before, const Json& now) {
    if (before == now) return;
    if (before.is_null()) {
      compare("", Json::object(), {{path, now}}, changes_);
    } else if (now.is_null()) {
      compare("", {{path, before}}, Json::object(), changes_);
    } else {
      compare(path, before, now, changes_);
    }
  }

  void field(const std::string& name, const Json& before, const Json& now) {
    differ(path_of(name), as_written(name, normal(name, before)), as_written(name, normal(name, now)));
  }

  void config() {
    const auto& config = member(actual_, "Config");
    for (const auto* name : {"User", "WorkingDir", "StopSignal", "Tty", "OpenStdin", "StopTimeout"}) {
      const auto& asked = member(body_, name);
      field(name, member(config, name), asked.is_null() ? member(image_, name) : asked);
    }
    field("Healthcheck", member(config, "Healthcheck"), healthcheck());
    field("Domainname", member(config, "Domainname"), member(body_, "Domainname"));
    hostname(member(config, "Hostname"));
    field("MacAddress", member(config, "MacAddress"), member(body_, "MacAddress"));
    differ("expose", exposed(config), exposed(body_));
    const bool own_entrypoint = body_.contains("Entrypoint");
    field("Entrypoint", member(config, "Entrypoint"),
          own_entrypoint ? body_["Entrypoint"] : member(image_, "Entrypoint"));
    // An entrypoint of one's own takes the image's command away.
    const auto command = body_.contains("Cmd") ? body_["Cmd"] : own_entrypoint ? Json() : member(image_, "Cmd");
    field("Cmd", member(config, "Cmd"), command);
  }

  // The engine fills in from the image what a healthcheck does not say.
  Json healthcheck() const {
    const auto& asked = member(body_, "Healthcheck");
    Json out = member(image_, "Healthcheck");
    if (!out.is_object()) return asked;
    for (const auto& [key, value] : asked.items()) {
      if (!is_empty(value)) out[key] = value;
    }
    return out;
  }

  // Without one of its own a container is called by the beginning of its id, or as whoever's network it lives in.
  void hostname(const Json& there) {
    const auto& asked = member(body_, "Hostname");
    const auto id = member(actual_, "Id").is_string() ? member(actual_, "Id").get<std::string>() : std::string();
    const auto& mode = member(member(actual_, "HostConfig"), "NetworkMode");
    const bool shares =
        mode == "host" || (mode.is_string() && mode.get_ref<const std::string&>().starts_with("container:"));
    if (!asked.is_null() || !(shares || there == id.substr(0, 12))) field("Hostname", there, asked);
  }

  Json exposed(const Json& config) const {
    std::set<std::string> ports;
    for (const auto& [port, nothing] : member(config, "ExposedPorts").items()) {
      if (!member(image_, "ExposedPorts").contains(port))
        ports.insert(port.find('/') == std::string::npos ? port + "/tcp" : port);
    }
    return ports;
  }

  void environment() {
    const auto before = environment_of(member(member(actual_, "Config"), "Env"));
    auto now = environment_of(member(image_, "Env"));
    for (auto& [name, value] : environment_of(member(body_, "Env"))) now[name] = value;
    differ("environment", before, now);
  }

  void labels() {
    const auto own = [](const Json& all, const Json& inherited) {
      Json out = Json::object();
      if (!all.is_object()) return out;
      for (const auto& [key, value] : all.items()) {
        const bool of_a_tool = key.starts_with("com.docker.compose.") || key.starts_with("saasctl.");
        if (!of_a_tool && member(inherited, key) != value) out[key] = value;
      }
      return dense(out);
    };
    const auto& inherited = member(image_, "Labels");
    differ("labels", own(member(member(actual_, "Config"), "Labels"), inherited),
           own(member(body_, "Labels"), inherited));
  }

  void host() {
    const auto& now = member(body_, "HostConfig");
    const auto& before = member(actual_, "HostConfig");
    std::set<std::string> names;
    for (const auto& [name, value] : now.items()) names.insert(name);
    for (const auto& [name, value] : before.items()) names.insert(name);
    for (const auto& name : names) {
      const bool asked = now.contains(name) && name != "NetworkMode" && name != "Binds" && name != "Mounts" &&
                         name != "Tmpfs" && name != "PortBindings" && name != "LogConfig" && name != "Links";
      if (asked || !left_out.contains(name)) field(name, known(before, name), member(now, name));
    }
    log_config(member(before, "LogConfig"), member(now, "LogConfig"));
    if (!now.contains("MemorySwap")) memory_swap(before);
  }

  // Without a driver in the file the engine fills in its own default.
  void log_config(const Json& before, const Json& now) {
    const auto& driver = member(now, "Type");
    if (!is_empty(driver)) return field("LogConfig", before, now);
    differ("logging.options", normal("", member(before, "Config")), normal("", member(now, "Config")));
  }

  // With a name space of the host's the engine adds that it labels nothing.
  static Json known(const Json& host, const std::string& name) {
    const auto& value = member(host, name);
    const bool opened =
        member(host, "Privileged") == true || member(host, "PidMode") == "host" || member(host, "IpcMode") == "host";
    if (name != "SecurityOpt" || !opened || !value.is_array()) return value;
    Json rest = Json::array();
    for (const auto& option : value) {
      if (option != "label=disable") rest.push_back(option);
    }
    return rest;
  }

  // Where nobody asks it is twice the memory, or none.
  void memory_swap(const Json& before) {
    const auto& there = member(before, "MemorySwap");
    const auto& memory = member(before, "Memory");
    if (!there.is_number_integer() || !memory.is_number_integer()) return;
    const auto bytes = there.get<std::int64_t>();
    if (bytes > 0 && bytes != 2 * memory.get<std::int64_t>()) field("MemorySwap", there, Json());
  }

  std::map<std::string, Place> wanted_mounts() const {
    std::map<std::string, Place> places;
    const auto& host = member(body_, "HostConfig");
    for (const auto& bind : member(host, "Binds")) {
      const auto parts = split(bind.get<std::string>(), ':');
      if (parts.size() < 2) continue;
      const bool read_only = parts.size() > 2 && parts[2].find("ro") != std::string::npos;
      places[parts[1]] = {parts[0].starts_with('/') ? "bind" : "volume", parts[0], read_only};
    }
    for (const auto& mount : member(host, "Mounts")) {
      const auto text = [&](const char* key) { return mount.value(key, std::string()); };
      places[text("Target")] = {text("Type"), text("Source"), mount.value("ReadOnly", false)};
    }
    return places;
  }

  void mounts() {
    const auto now = wanted_mounts();
    std::map<std::string, Place> before;
    for (const auto& mount : member(actual_, "Mounts")) {
      const auto type = mount.value("Type", std::string());
      const auto name = type == "volume" ? mount.value("Name", std::string()) : mount.value("Source", std::string());
      before[mount.value("Destination", std::string())] = {type, name, !mount.value("RW", true)};
    }
    for (const auto& [target, place] : now) {
      if (place.type == "tmpfs") continue;
      const auto found = before.find(target);
      const auto text = [](const Place& p) { return p.type + " " + p.source + (p.read_only ? " read-only" : ""); };
      if (found == before.end()) {
        changes_.push_back({"volumes." + target, std::nullopt, text(place)});
      } else if (const bool any = place.source.empty() && found->second.type == place.type;
                 !any && text(place) != text(found->second)) {
        changes_.push_back({"volumes." + target, text(found->second), text(place)});
      }
    }
    for (const auto& [target, place] : before) {
      const bool anonymous = place.type == "volume" && place.source.size() == 64;
      if (!now.contains(target) && !anonymous && place.type != "tmpfs")
        changes_.push_back({"volumes." + target, place.type + " " + place.source, std::nullopt});
    }
    differ("tmpfs", tmpfs_of(member(actual_, "HostConfig")), tmpfs_of(member(body_, "HostConfig")));
  }

  void ports() {
    const auto bindings = [](const Json& host) {
      std::set<std::string> out;
      for (const auto& [port, list] : member(host, "PortBindings").items()) {
        for (const auto& binding : list) {
          auto address = binding.value("HostIp", std::string());
          if (address == "0.0.0.0") address.clear();
          const auto published = binding.value("HostPort", std::string());
          out.insert(address + ":" + (published == "0" ? "" : published) + ":" + port);
        }
      }
      return Json(out);
    };
    differ("ports", bindings(member(actual_, "HostConfig")), bindings(member(body_, "HostConfig")));
  }

  void networks() {
    std::map<std::string, Json> now;
    for (const auto& [name, endpoint] : member(member(body_, "NetworkingConfig"), "EndpointsConfig").items())
      now[name] = endpoint;
    for (const auto& [name, endpoint] : wanted_.connect) now[name] = endpoint;
    const auto& before = member(member(actual_, "NetworkSettings"), "Networks");
    if (now.empty()) {
      field("NetworkMode", member(member(actual_, "HostConfig"), "NetworkMode"),
            member(member(body_, "HostConfig"), "NetworkMode"));
      return;
    }
    for (const auto& [name, endpoint] : now) {
      const auto& there = member(before, name);
      if (there.is_null()) {
        changes_.push_back({"networks." + name, std::nullopt, ""});
        continue;
      }
      endpoint_differs("networks." + name, there, endpoint);
    }
    for (const auto& [name, endpoint] : before.items()) {
      if (!now.contains(name)) changes_.push_back({"networks." + name, "", std::nullopt});
    }
  }

  void endpoint_differs(const std::string& path, const Json& before, const Json& now) {
    // The container's own names are known to the engine anyway.
    const auto& hostname = member(member(actual_, "Config"), "Hostname");
    const std::set<std::string> own{name_, member(actual_, "Id").get<std::string>().substr(0, 12),
                                    hostname.is_string() ? hostname.get<std::string>() : ""};
    const auto aliases = [&](const Json& endpoint) {
      std::set<std::string> names;
      for (const auto& alias : member(endpoint, "Aliases")) {
        if (const auto name = alias.get<std::string>(); !own.contains(name)) names.insert(name);
      }
      return Json(names);
    };
    // docker compose adds the other's name and what is left of it without the project's.
    const auto links = [](const Json& endpoint) {
      std::set<std::string> out;
      for (const auto& item : member(endpoint, "Links")) {
        const auto link = item.get<std::string>();
        const auto colon = std::min(link.find(':'), link.size());
        if (!link.substr(0, colon).ends_with(link.substr(std::min(colon + 1, link.size())))) out.insert(link);
      }
      return Json(out);
    };
    differ(path + ".aliases", aliases(before), aliases(now));
    differ("links", links(before), links(now));
    const auto addresses = [](const Json& endpoint) {
      return dense(member(endpoint, "IPAMConfig").is_object() ? endpoint["IPAMConfig"] : Json::object());
    };
    differ(path, addresses(before), addresses(now));
    if (now.contains("MacAddress")) differ(path + ".mac_address", member(before, "MacAddress"), now["MacAddress"]);
  }

  const ContainerBody& wanted_;
  const Json& body_;
  const std::string& name_;
  const Json& actual_;
  const Json& image_;
  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> differences(const project::Project& project, const Replica& replica,
                                const ObservedContainer& container, const ObservedState& observed) {
  const auto& service = *replica.service;
  const auto image = observed.images.find(service.image);
  if (!container.inspected) return {{"everything", "unknown", "known"}};
  if (image != observed.images.end() && image->second.id != container.image_id)
    return {{"image", container.image_id, image->second.id}};
  const auto known = image == observed.images.end() ? ObservedImage{} : image->second;
  // What another tool has copied into it cannot be looked at.
  std::vector<Change> copies;
  for (const auto& file : copied_files(service, known))
    copies.push_back({fmt::format("{}[{}]", file.is_config ? "configs" : "secrets", file.target), "", "", true});
  if (!copies.empty()) return copies;
  auto wanted = container_body(project, service, secret_volumes(project, service, known, observed), "");
  settle_number(wanted, replica);
  const auto image_config = known.config ? *known.config : Json();
  try {
    return Comparison(wanted, replica.name, *container.inspected, image_config).make();
  } catch (const Json::exception&) {  // an engine that answers with other types than the API's
    return {{"everything", "unreadable", "known"}};
  }
}

}  // namespace saasctl::plan
