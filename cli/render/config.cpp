#include "render/config.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "declare/declare.hpp"
#include "project/home.hpp"
#include "render/used_resources.hpp"
#include "stack/implied.hpp"
#include "stack/mount_paths.hpp"
#include "stack/shapes.hpp"
#include "util/text.hpp"

namespace saasctl::render {
namespace {

using declare::Json;

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
  for (const auto& [key, member] : value.items()) declare::append_member(out, key, escaped(member));
  return out;
}

Json sorted(const Json& object) {
  const auto& members = object.get_ref<const Json::object_t&>();
  std::vector<const Json::object_t::value_type*> order;
  for (const auto& member : members) order.push_back(&member);
  std::ranges::sort(order, {}, [](const auto* member) -> const std::string& { return member->first; });
  Json out = Json::object();
  for (const auto* member : order) declare::append_member(out, member->first, member->second);
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
  const auto value = declare::parse_bytes(size.get_ref<const std::string&>());
  if (value) size = *value < 0 ? Json(*value) : Json(std::to_string(*value));
}

void number_if_one(Json& text) {
  if (!text.is_string()) return;
  if (const auto number = parse_integer(text.get_ref<const std::string&>())) text = *number;
}

// The octal mode of a file system in memory as the number it is; a variable stays.
void number_of_octal(Json& mode) {
  if (!mode.is_string()) return;
  if (const auto value = declare::parse_file_mode(mode.get_ref<const std::string&>())) mode = *value;
}

// A path as Compose writes it: "." at its end has left no slash.
std::string without_slash(std::string path) {
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// "name=address", whichever separator was written, in the order that Compose gives them.
void settle_hosts(std::vector<std::string>& hosts) {
  for (auto& host : hosts) {
    const auto end = host.find_first_of("=:");
    if (end != std::string::npos) host[end] = '=';
  }
  std::ranges::sort(hosts);
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

void nothing_as_empty_text(declare::Pairs& pairs) {
  for (auto& pair : pairs) pair.value = pair.value.value_or("");
}

// One service: as it is written, with what resolving adds.
class ServiceWriter {
 public:
  ServiceWriter(const project::Project& project, const project::Service& service, const stack::Service& written,
                declare::Mode mode)
      : project_(project), service_(service), mode_(mode), spec_(written) {}

  Json write() {
    settle();
    auto out = stack::service_record().write(spec_, declare::Style::canonical);
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
    with_member(out, "pre_start", [&](Json& steps) { finish_steps(steps); });
    drop_false(out);
    return sorted(out);
  }

 private:
  void settle() {
    spec_.use_template.reset();
    spec_.with = {};
    spec_.ready.reset();
    if (service_.spec.build) settle_build(spec_.build.emplace(*service_.spec.build));
    // A limit of 0 is none.
    const auto forget_zero = [](auto& limit) {
      if (limit && limit->value == 0 && !yaml::has_variable(limit->text)) limit.reset();
    };
    forget_zero(spec_.mem_limit);
    forget_zero(spec_.mem_reservation);
    forget_zero(spec_.cpus);
    forget_zero(spec_.pids_limit);
    // Compose gives the number of containers to the readers of deploy as well.
    if (spec_.scale && spec_.deploy) spec_.deploy->replicas = spec_.scale;
    if (!service_.step) spec_.depends_on.entries = stack::all_dependencies(spec_);
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
    if (mode_ == declare::Mode::resolve) take_resolved();
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
    const auto written = std::exchange(spec_.volumes, service_.spec.volumes);
    for (std::size_t i = 0; i < spec_.volumes.size() && i < written.size(); ++i) {
      auto& source = spec_.volumes[i].source;
      if (!source) continue;
      const auto& as_written = *written[i].source;
      const bool whole = as_written.starts_with('/') || stack::is_windows_path(as_written);
      source = whole ? as_written : without_slash(*source);
    }
  }

  void settle_build(stack::Build& build) const {
    if (service_.build && service_.build->remote.empty())
      build.context = without_slash(service_.build->context.string());
    if (!build.dockerfile && !build.dockerfile_inline) build.dockerfile = "Dockerfile";
    if (service_.build && mode_ == declare::Mode::resolve) {
      std::erase_if(build.args.entries, [&](const auto& arg) { return !service_.build->args.contains(arg.name); });
      for (auto& arg : build.args) arg.value = service_.build->args.at(arg.name);
    }
    for (auto& key : build.ssh) {
      if (key.path && service_.build) key.path = service_.build->ssh.at(key.id);
    }
    for (auto& context : build.additional_contexts) {
      if (context.value && !stack::is_remote_context(*context.value)) context.value = absolute(*context.value);
    }
    settle_hosts(build.extra_hosts);
    nothing_as_empty_text(build.labels);
  }

  std::string absolute(const std::string& path) const {
    return yaml::has_variable(path) && mode_ == declare::Mode::verbatim
               ? path
               : without_slash((project_.folder / with_home(path)).lexically_normal().string());
  }

  std::string with_home(const std::string& path) const {
    return project::with_home(path, [this](std::string_view name) -> std::optional<std::string> {
      const auto found = project_.environment.find(name);
      return found == project_.environment.end() ? std::nullopt : std::optional(found->second);
    });
  }

  // A short form with variables stays one: they may stand for more than a number.
  void finish_ports(Json& ports) const {
    const auto written = stack::ports_form().write(spec_.ports, declare::Style::source);
    for (std::size_t i = 0; i < ports.size(); ++i) {
      const auto& one = spec_.ports[i];
      const bool open = mode_ == declare::Mode::verbatim && one.keys.empty() && yaml::has_variable(written[i].dump());
      ports[i] = open ? written[i] : port(one);
    }
  }

  void finish_steps(Json& steps) const {
    for (std::size_t i = 0; i < steps.size(); ++i)
      steps[i] = ServiceWriter(project_, service_.pre_start.at(i), spec_.pre_start.at(i), mode_).write();
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
        if (tmpfs.value("mode", Json()) == 0) tmpfs.erase("mode");
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
  declare::Mode mode_;
  stack::Service spec_;
};

// The section of the top level with what is used of it; `settle` gives each entry its name and paths.
template <typename T, typename Settle>
void add_section(Json& root, const char* name, const std::vector<T>& all, const std::set<std::string>& used,
                 const Json& written, Settle settle) {
  Json section = Json::object();
  std::unordered_map<std::string_view, const Json*> entries;
  if (written.contains(name)) {
    for (const auto& [key, entry] : written.at(name).get_ref<const Json::object_t&>()) entries.emplace(key, &entry);
  }
  for (const auto& one : all) {
    if (!used.contains(one.key)) continue;
    const auto found = entries.find(one.key);
    Json entry = found == entries.end() ? Json::object() : *found->second;
    settle(one, entry);
    with_member(entry, "labels", [](Json& labels) {
      for (auto& label : labels) label = label.is_null() ? Json("") : label;
    });
    drop_false(entry);
    declare::append_member(section, one.key, std::move(entry));
  }
  if (!section.empty()) root[name] = sorted(section);
}

}  // namespace

Json config_model(const project::Project& project, declare::Mode mode, const std::set<std::string>& names) {
  const auto& stack = project.document.stack;
  std::unordered_map<std::string_view, const stack::Service*> all_written;
  for (const auto& entry : stack.services) all_written.emplace(entry.name, &entry.value);
  Json root = Json::object();
  root["name"] = project.name;
  Json services = Json::object();
  UsedResources used;
  for (const auto& service : project.services) {
    if (!names.empty() && !names.contains(service.name)) continue;
    used.add(service.spec);
    const auto written = all_written.find(service.name);
    const auto& spec = written == all_written.end() ? service.spec : *written->second;
    declare::append_member(services, service.name, ServiceWriter(project, service, spec, mode).write());
  }
  root["services"] = sorted(services);
  const auto written = stack::stack_record().write(stack, declare::Style::canonical);
  const auto name_it = [](const auto& one, Json& entry) { entry["name"] = one.name; };
  add_section(root, "networks", project.networks, used.networks, written, name_it);
  const auto settle_volume = [&](const project::Volume& volume, Json& entry) {
    name_it(volume, entry);
    with_member(entry, "driver_opts", [&](Json& options) {
      const auto* device = volume.spec.driver_opts.find("device");
      if (device && *device) options["device"] = **device;
    });
  };
  add_section(root, "volumes", project.volumes, used.volumes, written, settle_volume);
  const auto settle_content = [&](const project::Content& content, Json& entry) {
    entry.erase("generate");
    const bool external = entry.value("external", false);
    if (!entry.contains("name")) entry["name"] = external ? content.key : project.name + "_" + content.key;
    if (content.file) entry["file"] = content.file->string();
  };
  add_section(root, "secrets", project.secrets, used.secrets, written, settle_content);
  add_section(root, "configs", project.configs, used.configs, written, settle_content);
  return mode == declare::Mode::resolve ? escaped(root) : root;
}

}  // namespace saasctl::render
