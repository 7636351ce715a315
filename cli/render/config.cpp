#include "render/config.hpp"

#include <algorithm>
#include <array>

#include "stack/implied.hpp"
#include "stack/shapes.hpp"
#include "util/text.hpp"

namespace saasctl::render {
namespace {

using stack::Json;

// Where `false` says something else than nothing at all.
bool false_counts(std::string_view key) {
  constexpr std::array keys{"init", "attach", "required", "enable_ipv4", "enable_ipv6", "create_host_path"};
  return std::ranges::any_of(keys, [&](const char* one) { return key == one; });
}

void drop_false(Json& value) {
  if (value.is_array()) {
    for (auto& item : value) drop_false(item);
  } else if (value.is_object()) {
    for (auto member = value.begin(); member != value.end();) {
      const bool nothing = member->is_boolean() && !member->get<bool>() && !false_counts(member.key());
      if (!nothing) drop_false(*member);
      member = nothing ? value.erase(member) : std::next(member);
    }
  }
}

std::string with_dollars(const std::string& text) {
  std::string out;
  for (const char c : text) out.append(c == '$' ? 2 : 1, c);
  return out;
}

// Values only: in keys, Compose replaces no variables.
Json escaped(const Json& value) {
  if (value.is_string()) return with_dollars(value.get_ref<const std::string&>());
  if (value.is_array()) {
    Json out = Json::array();
    for (const auto& item : value) out.push_back(escaped(item));
    return out;
  }
  if (!value.is_object()) return value;
  Json out = Json::object();
  for (const auto& [key, member] : value.items()) out[key] = escaped(member);
  return out;
}

Json sorted(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, member] : object.items()) keys.push_back(key);
  std::ranges::sort(keys);
  Json out = Json::object();
  for (const auto& key : keys) out[key] = object.at(key);
  return out;
}

// Calls `change` with the member, when it is there.
template <typename Change>
void with_member(Json& object, const char* key, Change change) {
  if (!object.is_object()) return;
  if (const auto found = object.find(key); found != object.end()) change(*found);
}

void size_in_bytes(Json& size) {
  if (!size.is_string()) return;
  const auto value = stack::parse_bytes(size.get_ref<const std::string&>());
  if (value) size = *value < 0 ? Json(*value) : Json(std::to_string(*value));
}

void number_if_one(Json& text) {
  if (!text.is_string()) return;
  if (const auto number = parse_integer(text.get_ref<const std::string&>())) text = *number;
}

// An octal mode as the number it is; a variable stays.
void number_of_octal(Json& mode) {
  if (!mode.is_string()) return;
  if (const auto value = stack::parse_file_mode(mode.get_ref<const std::string&>())) mode = *value;
}

// A path as Compose writes it: "." at its end has left no slash.
std::string without_slash(std::string path) {
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// "name=address", whichever separator was written.
void settle_hosts(std::vector<std::string>& hosts) {
  for (auto& host : hosts) {
    const auto end = host.find_first_of("=:");
    if (end != std::string::npos) host[end] = '=';
  }
}

// How many devices; all of them are -1.
void settle_counts(Json& requests) {
  for (auto& request : requests) {
    with_member(request, "count", [](Json& count) {
      if (count == "all") count = -1;
      number_if_one(count);
    });
  }
}

void nothing_as_empty_text(stack::Pairs& pairs) {
  for (auto& pair : pairs) pair.value = pair.value.value_or("");
}

// One service: as it is written, with what resolving adds.
class ServiceWriter {
 public:
  ServiceWriter(const project::Project& project, const project::Service& service, const stack::Service& written,
                stack::Mode mode)
      : project_(project), service_(service), mode_(mode), spec_(written) {}

  Json write() {
    settle();
    auto out = stack::service_record().write(spec_, stack::Style::canonical);
    sizes(out);
    for (const auto* key : {"cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime"}) {
      with_member(out, key, number_if_one);
    }
    with_member(out, "gpus", settle_counts);
    with_member(out, "memswap_limit", [](Json& size) { size = size == "-1" ? Json(-1) : size; });
    with_member(out, "mem_swappiness", [](Json& value) { value = value.is_number() ? Json(value.dump()) : value; });
    with_member(out, "environment", [](Json& environment) { environment = sorted(environment); });
    with_member(out, "networks", [](Json& networks) {
      for (auto& use : networks) {
        if (use.empty()) use = nullptr;
      }
    });
    with_member(out, "ports", [&](Json& ports) { finish_ports(ports); });
    with_member(out, "volumes", [&](Json& mounts) { finish_mounts(mounts); });
    for (const auto* key : {"secrets", "configs"}) {
      with_member(out, key, [](Json& grants) {
        for (auto& grant : grants) with_member(grant, "mode", number_of_octal);
      });
    }
    drop_false(out);
    return sorted(out);
  }

 private:
  void settle() {
    spec_.use_template.reset();
    spec_.with = {};
    spec_.ready.reset();
    if (service_.spec.build) settle_build(spec_.build.emplace(*service_.spec.build));
    spec_.depends_on.entries = stack::all_dependencies(spec_);
    for (auto& [name, at, dependency] : spec_.depends_on) dependency.required = dependency.required.value_or(true);
    for (auto& grant : spec_.secrets) {
      if (!grant.target) grant.target = "/run/secrets/" + grant.source.text;
    }
    for (auto& device : spec_.devices) {
      if (device.by_name()) continue;
      device.target = device.target.value_or(device.source);
      device.permissions = device.permissions.value_or("rwm");
    }
    if (spec_.develop) {
      for (auto& watch : spec_.develop->watch) watch.path = absolute(watch.path);
    }
    settle_hosts(spec_.extra_hosts);
    if (spec_.pull_policy == "if_not_present") spec_.pull_policy = "missing";
    if (mode_ == stack::Mode::resolve) take_resolved();
    nothing_as_empty_text(spec_.labels);
    nothing_as_empty_text(spec_.annotations);
    nothing_as_empty_text(spec_.sysctls);
  }

  void take_resolved() {
    spec_.environment = service_.spec.environment;
    spec_.env_file.clear();
    spec_.labels = service_.spec.labels;
    spec_.label_file.clear();
    spec_.networks = service_.spec.networks;
    spec_.volumes = service_.spec.volumes;
    for (auto& mount : spec_.volumes) {
      if (mount.source) mount.source = without_slash(*mount.source);
    }
  }

  void settle_build(stack::Build& build) const {
    if (service_.build) build.context = without_slash(service_.build->context.string());
    if (!build.dockerfile && !build.dockerfile_inline) build.dockerfile = "Dockerfile";
    if (service_.build && mode_ == stack::Mode::resolve) {
      std::erase_if(build.args.entries, [&](const auto& arg) { return !service_.build->args.contains(arg.name); });
      for (auto& arg : build.args) arg.value = service_.build->args.at(arg.name);
    }
    settle_hosts(build.extra_hosts);
    nothing_as_empty_text(build.labels);
  }

  std::string absolute(const std::string& path) const {
    return stack::has_variable(path) && mode_ == stack::Mode::keep
               ? path
               : without_slash((project_.folder / path).lexically_normal().string());
  }

  // A short form with variables stays one: they may stand for more than a number.
  void finish_ports(Json& ports) const {
    const auto written = stack::ports_form().write(spec_.ports, stack::Style::source);
    for (std::size_t i = 0; i < ports.size(); ++i) {
      const auto& one = spec_.ports[i];
      const bool open = mode_ == stack::Mode::keep && one.keys.empty() && stack::has_variable(written[i].dump());
      ports[i] = open ? written[i] : port(one);
    }
  }

  static Json port(const stack::Port& port) {
    Json out = Json::object();
    if (port.name) out["name"] = *port.name;
    out["mode"] = port.mode.value_or("ingress");
    if (port.host_ip) out["host_ip"] = *port.host_ip;
    const auto number = parse_integer(port.target.text);
    out["target"] = number ? Json(*number) : Json(port.target.text);
    if (!port.published.text.empty()) out["published"] = port.published.text;
    out["protocol"] = port.protocol;
    if (port.app_protocol) out["app_protocol"] = *port.app_protocol;
    return out;
  }

  void finish_mounts(Json& mounts) const {
    for (std::size_t i = 0; i < mounts.size(); ++i) {
      const auto& mount = spec_.volumes[i];
      // The short form makes what is missing on the host, the long one only where it says so.
      if (mount.type == "bind" && mount.keys.empty()) mounts[i]["bind"]["create_host_path"] = true;
      with_member(mounts[i], "tmpfs", [](Json& tmpfs) {
        with_member(tmpfs, "size", size_in_bytes);
        with_member(tmpfs, "mode", number_of_octal);
      });
    }
  }

  static void sizes(Json& out) {
    for (const auto* key : {"mem_limit", "mem_reservation", "memswap_limit", "shm_size"}) {
      with_member(out, key, size_in_bytes);
    }
    with_member(out, "build", [](Json& build) { with_member(build, "shm_size", size_in_bytes); });
    with_member(out, "deploy", [](Json& deploy) {
      with_member(deploy, "resources", [](Json& resources) {
        for (auto& bounds : resources) {
          with_member(bounds, "memory", size_in_bytes);
          with_member(bounds, "devices", settle_counts);
        }
      });
    });
    with_member(out, "blkio_config", [](Json& blkio) {
      for (auto& list : blkio) {
        if (!list.is_array()) continue;
        for (auto& device : list) with_member(device, "rate", size_in_bytes);
      }
    });
  }

  const project::Project& project_;
  const project::Service& service_;
  stack::Mode mode_;
  stack::Service spec_;
};

// What the services that are shown use of the top level.
struct Used {
  std::set<std::string> networks, volumes, secrets, configs;

  void add(const stack::Service& spec) {
    for (const auto& use : spec.networks) networks.insert(use.name);
    if (spec.networks.empty() && !spec.network_mode) networks.insert("default");
    for (const auto& mount : spec.volumes) {
      if (mount.type == "volume" && mount.source) volumes.insert(stack::without_variables(*mount.source));
    }
    for (const auto& grant : spec.secrets) secrets.insert(grant.source.text);
    for (const auto& grant : spec.configs) configs.insert(grant.source.text);
    if (!spec.build) return;
    for (const auto& grant : spec.build->secrets) secrets.insert(grant.source.text);
  }
};

// The section of the top level with what is used of it; `settle` gives each entry its name and paths.
template <typename T, typename Settle>
void add_section(Json& root, const char* name, const std::vector<T>& all, const std::set<std::string>& used,
                 const Json& written, Settle settle) {
  Json section = Json::object();
  for (const auto& one : all) {
    if (!used.contains(one.key)) continue;
    Json entry = Json::object();
    if (written.contains(name)) entry = written.at(name).value(one.key, entry);
    settle(one, entry);
    with_member(entry, "labels", [](Json& labels) {
      for (auto& label : labels) label = label.is_null() ? Json("") : label;
    });
    drop_false(entry);
    section[one.key] = std::move(entry);
  }
  if (!section.empty()) root[name] = sorted(section);
}

}  // namespace

Json config_model(const project::Project& project, stack::Mode mode, const std::set<std::string>& names) {
  const auto& stack = project.document.stack;
  Json root = Json::object();
  root["name"] = project.name;
  Json services = Json::object();
  Used used;
  for (const auto& service : project.services) {
    if (!names.empty() && !names.contains(service.name)) continue;
    used.add(service.spec);
    const auto* written = stack.services.find(service.name);
    services[service.name] = ServiceWriter(project, service, written ? *written : service.spec, mode).write();
  }
  root["services"] = sorted(services);
  const auto written = stack::stack_record().write(stack, stack::Style::canonical);
  const auto name_it = [](const auto& one, Json& entry) { entry["name"] = one.name; };
  add_section(root, "networks", project.networks, used.networks, written, name_it);
  add_section(root, "volumes", project.volumes, used.volumes, written, name_it);
  const auto settle_content = [&](const project::Content& content, Json& entry) {
    entry.erase("generate");
    const bool external = entry.value("external", false);
    if (!entry.contains("name")) entry["name"] = external ? content.key : project.name + "_" + content.key;
    if (content.file) entry["file"] = content.file->string();
  };
  add_section(root, "secrets", project.secrets, used.secrets, written, settle_content);
  add_section(root, "configs", project.configs, used.configs, written, settle_content);
  return mode == stack::Mode::resolve ? escaped(root) : root;
}

}  // namespace saasctl::render
