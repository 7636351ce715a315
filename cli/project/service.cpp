#include "project/service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "project/env_file.hpp"
#include "project/home.hpp"
#include "project/model.hpp"
#include "project/template_use.hpp"
#include "stack/assemble.hpp"
#include "stack/implied.hpp"
#include "stack/mount_paths.hpp"
#include "stack/shapes.hpp"
#include "util/input.hpp"
#include "util/json_text.hpp"
#include "util/text.hpp"

namespace saasctl::project {
namespace {

namespace fs = std::filesystem;

constexpr FileKind seccomp_profile{"a seccomp profile", 16 * mebibyte};
constexpr FileKind content_file{"a secret or config", 128 * mebibyte};

// Pairs of which a later one takes the place of an earlier one with its name.
class PairsByName {
 public:
  void set(const std::string& name, std::optional<std::string> value, yaml::Position at) {
    const auto [place, fresh] = known_.emplace(name, pairs_.size());
    if (fresh) {
      pairs_.entries.push_back({name, at, std::move(value)});
    } else {
      pairs_.entries[place->second].value = std::move(value);
    }
  }

  declare::Pairs take() { return std::move(pairs_); }

 private:
  declare::Pairs pairs_;
  std::unordered_map<std::string, std::size_t> known_;
};

std::map<std::string, std::string> values_of(const declare::Pairs& pairs, const yaml::Environment& environment) {
  std::map<std::string, std::string> out;
  for (const auto& entry : pairs) {
    const auto value = entry.value ? entry.value : environment(entry.name);
    if (value) out[entry.name] = *value;
  }
  return out;
}

class One {
 public:
  One(const ServiceResolver& resolver, const declare::Named<stack::Service>& entry)
      : resolver_(resolver), project_(resolver.project), entry_(entry) {}

  Service resolve() {
    service_.name = entry_.name;
    service_.at = entry_.at;
    service_.spec = entry_.value;
    if (service_.spec.image && service_.spec.image->empty()) service_.spec.image.reset();
    service_.container_name = entry_.value.container_name.value_or(fmt::format("{}-{}-1", project_.name, entry_.name));
    if (entry_.value.use_template) {
      service_.from_template =
          use_template(project_.folder, entry_.name, entry_.value, resolver_.mode, resolver_.diagnostics);
      if (!service_.spec.build) service_.spec.build = template_build(entry_.name);
    }
    service_.replicas = replicas(entry_.value);
    service_.image = service_.spec.image.value_or(fmt::format("{}-{}", project_.name, entry_.name));
    service_.pull_allowed = service_.spec.image.has_value();
    if (service_.spec.build) service_.build = build(*service_.spec.build);
    for (const auto& [name, at, dependency] : stack::all_dependencies(entry_.value)) {
      service_.dependencies.push_back(
          {name, dependency.condition, dependency.restart.value_or(false), dependency.required.value_or(true)});
    }
    for (const auto& grant : entry_.value.secrets) {
      auto secret = granted(grant, "/run/secrets/", 0400);
      secret.copied = !secret.target.starts_with("/run/secrets/") && !entry_.value.read_only.value_or(false);
      service_.secrets.push_back(std::move(secret));
    }
    for (const auto& grant : entry_.value.configs) {
      auto config = granted(grant, "/", 0444);
      const auto* content =
          project_.find_content({.key = config.key, .target = {}, .uid = {}, .gid = {}, .is_config = true});
      config.is_config = true;
      config.copied = grant.uid || grant.gid || grant.mode || (content && !content->file);
      service_.configs.push_back(std::move(config));
    }
    for (std::size_t i = 0; i < entry_.value.pre_start.size(); ++i)
      service_.pre_start.push_back(step(entry_.value.pre_start[i], i));
    if (resolver_.mode == declare::Mode::resolve) normalise();
    return std::move(service_);
  }

 private:
  // A container of pre_start. The name is docker compose's: pkg/compose/pre_start.go, getHookContainerName.
  Service step(const stack::Service& spec, std::size_t index) const {
    const declare::Named<stack::Service> named{entry_.name, spec.at, spec};
    auto out = One(resolver_, named).resolve();
    out.step = index;
    out.container_name = fmt::format("{}-{}-pre_start-{}", project_.name, entry_.name, index);
    out.dependencies.clear();
    // Its image is never built for it: pkg/compose/pull.go, addPreStartHookPulls.
    if (out.spec.pull_policy == "build") out.spec.pull_policy = "missing";
    if (has_same_secrets(out)) std::erase_if(out.secrets, [](const Grant& grant) { return !grant.copied; });
    return out;
  }

  // Then they are in the volumes that it has from the service's container.
  bool has_same_secrets(const Service& step) const {
    const bool same_user = step.spec.user == service_.spec.user && (step.spec.user || step.image == service_.image);
    return same_user && std::ranges::equal(step.secrets, service_.secrets);
  }

  static unsigned replicas(const stack::Service& spec) {
    if (spec.scale) return static_cast<unsigned>(spec.scale->value);
    return spec.deploy && spec.deploy->replicas ? static_cast<unsigned>(spec.deploy->replicas->value) : 1;
  }

  Build build(const stack::Build& spec) const {
    Build out;
    const auto context = spec.context.value_or(".");
    if (stack::is_remote_context(context)) {
      out.remote = context;
    } else {
      out.context = stack::absolute_path(project_.folder, with_home(context, resolver_.environment));
    }
    for (const auto& [id, path] : spec.ssh) out.ssh[id] = path ? host_path(*path) : "";
    out.dockerfile = spec.dockerfile.value_or("Dockerfile");
    out.target = spec.target.value_or("");
    out.args = values_of(spec.args, resolver_.environment);
    out.labels = values_of(spec.labels, resolver_.environment);
    for (const auto& secret : spec.secrets)
      out.secrets[secret.target.value_or(secret.source.text)] = secret.source.text;
    out.tags = spec.tags;
    if (!spec.platforms.empty()) out.platform = spec.platforms.front();
    out.dockerfile_inline = spec.dockerfile_inline.value_or("");
    if (spec.shm_size) out.shm_size = spec.shm_size->value;
    out.ulimits = spec.ulimits;
    if (!spec.cache_to.empty()) out.args["BUILDKIT_INLINE_CACHE"] = "1";
    out.cache_from = spec.cache_from;
    out.extra_hosts = spec.extra_hosts;
    out.network = spec.network.value_or("");
    out.no_cache = spec.no_cache.value_or(false);
    out.pull = spec.pull.value_or(false);
    return out;
  }

  // The numeric user and group that own the files given to the container, as far as `user` tells.
  std::pair<std::string, std::string> owner() const {
    const auto user = entry_.value.user.value_or("");
    const auto colon = user.find(':');
    const auto uid = user.substr(0, colon);
    const auto gid = colon == std::string::npos ? uid : user.substr(colon + 1);
    return {parse_integer(uid) ? uid : "", parse_integer(gid) ? gid : ""};
  }

  Grant granted(const stack::Grant& grant, std::string_view folder, unsigned mode) const {
    const auto [uid, gid] = owner();
    Grant out{grant.source.text, grant.target.value_or(grant.source.text), grant.uid.value_or(uid),
              grant.gid.value_or(gid), mode};
    if (!out.target.starts_with('/')) out.target = std::string(folder) + out.target;
    if (grant.mode) out.mode = declare::parse_file_mode(*grant.mode).value_or(0);  // 0: a variable
    check_number(grant, "uid", out.uid);
    check_number(grant, "gid", out.gid);
    return out;
  }

  // A value that only whoever runs the rendered file knows.
  bool is_unresolved(std::string_view value) const {
    return resolver_.mode == declare::Mode::verbatim && yaml::has_variable(value);
  }

  void check_number(const stack::Grant& grant, std::string_view key, const std::string& value) const {
    if (!value.empty() && !parse_integer(value) && !is_unresolved(value)) {
      resolver_.diagnostics.add(grant.where(key), key.size(), fmt::format("'{}' is not a numeric {}", value, key),
                                "write a number: names of users mean nothing outside of the container");
    }
  }

  void normalise() {
    auto& spec = service_.spec;
    PairsByName environment;
    const EnvFiles files{project_.folder, resolver_.environment, resolver_.diagnostics, resolver_.stop};
    for (const auto& file : resolver_.reads_files ? spec.env_file : std::vector<stack::EnvFile>()) {
      for (const auto& [name, value] : files.read(file)) environment.set(name, value, file.at);
    }
    for (const auto& [name, at, value] : spec.environment) {
      // Without a value anywhere the name stays: it takes away the variable of an env_file and of the image.
      environment.set(name, value ? value : resolver_.environment(name), at);
    }
    spec.environment = environment.take();
    for (auto* hooks : {&spec.post_start, &spec.pre_stop}) {
      for (auto& hook : *hooks) resolve_names(hook.environment);
    }
    if (spec.develop) {
      for (auto& watch : spec.develop->watch) {
        watch.path = with_home(watch.path, resolver_.environment);
        if (watch.exec) resolve_names(watch.exec->environment);
      }
    }
    PairsByName labels;
    for (const auto& file : resolver_.reads_files ? spec.label_file : std::vector<stack::EnvFile>()) {
      for (const auto& [name, value] : files.read(file)) labels.set(name, value, file.at);
    }
    for (const auto& [name, at, value] : spec.labels) labels.set(name, value, at);
    spec.labels = labels.take();
    for (auto& parameter : spec.sysctls) parameter.value = parameter.value.value_or("");
    for (auto& mount : spec.volumes) {
      if (mount.type == "bind" && mount.source) mount.source = host_path(*mount.source);
    }
    if (spec.networks.empty() && !spec.network_mode) spec.networks.entries.push_back({"default", spec.at, {}});
    if (spec.healthcheck && spec.healthcheck->test == std::vector<std::string>{"NONE"})
      spec.healthcheck->disable = true;
    if (resolver_.reads_files) {
      for (auto& option : spec.security_opt) read_profile(option);
    }
    fold_short_limits(spec);
  }

  // Variables without a value get that of the caller.
  void resolve_names(declare::Pairs& pairs) const {
    for (auto& pair : pairs) {
      if (!pair.value) pair.value = resolver_.environment(pair.name);
    }
  }

  std::string host_path(const std::string& path) const {
    if (stack::is_windows_path(path)) return path;
    return (project_.folder / with_home(path, resolver_.environment)).lexically_normal().string();
  }

  // The engine takes a seccomp profile by its text, not by the name of its file.
  void read_profile(std::string& option) {
    if (!option.starts_with("seccomp=") && !option.starts_with("seccomp:")) return;
    const auto name = option.substr(8);
    if (name == "unconfined" || name == "builtin" || name.starts_with('{')) return;
    const auto wrong = [&](std::string message) {
      resolver_.diagnostics.add(service_.spec.where("security_opt"), 12, std::move(message),
                                "name a file with a seccomp profile, or unconfined");
    };
    const auto path = project_.folder / name;
    const auto text = read_input(path, seccomp_profile, resolver_.stop, path.string());
    if (!text) return wrong(text.error().message);
    const auto profile = parse_ordered_json(*text);
    if (!profile) return wrong(fmt::format("{} is not JSON: {}", name, profile.error().message));
    option = "seccomp=" + profile->dump();
  }

  // mem_limit, cpus and pids_limit are short for deploy.resources.limits: one place for the rest of the program.
  static void fold_short_limits(stack::Service& spec) {
    if (!spec.mem_limit && !spec.cpus && !spec.pids_limit && !spec.mem_reservation) return;
    if (!spec.deploy) spec.deploy.emplace();
    if (!spec.deploy->resources) spec.deploy->resources.emplace();
    // Where both are set they are equal, or the short one is 0 and says nothing.
    const auto fold = [](auto& here, auto& there) {
      if (here && (!there || here->value != 0)) there = std::move(here);
      here.reset();
    };
    auto& reservations = spec.deploy->resources->reservations;
    if (spec.mem_reservation)
      fold(spec.mem_reservation, (reservations ? *reservations : reservations.emplace()).memory);
    if (!spec.mem_limit && !spec.cpus && !spec.pids_limit) return;
    auto& limits = spec.deploy->resources->limits;
    if (!limits) limits.emplace();
    fold(spec.mem_limit, limits->memory);
    fold(spec.cpus, limits->cpus);
    fold(spec.pids_limit, limits->pids);
  }

  const ServiceResolver& resolver_;
  const Project& project_;
  const declare::Named<stack::Service>& entry_;
  Service service_;
};

}  // namespace

Service ServiceResolver::resolve(const declare::Named<stack::Service>& entry) const {
  return One(*this, entry).resolve();
}

void settle_models(Project& project, const yaml::Environment& environment) {
  const auto digests_of = [&](const std::vector<Content>& contents) {
    std::map<std::string, std::string> digests;
    for (const auto& content : contents) {
      if (const auto bytes = read_content(content, environment))
        digests[content.key] = content_digest(content.key, *bytes);
    }
    return digests;
  };
  const ContentDigests digests{digests_of(project.secrets), digests_of(project.configs)};
  for (auto& service : project.services) {
    for (auto& step : service.pre_start) step.model = container_model(project, step, digests);
    service.model = container_model(project, service, digests);
    service.hash = model_hash(service.model);
  }
}

Result<std::string> read_content(const Content& content, const yaml::Environment& environment) {
  if (content.environment) {
    if (auto value = environment(*content.environment)) return std::move(*value);
    return failure(ErrorKind::not_found,
                   fmt::format("'{}' comes from the variable {}, which is not set", content.key, *content.environment),
                   fmt::format("export {}", *content.environment));
  }
  if (content.content) return *content.content;
  if (!content.file) return failure(ErrorKind::not_found, fmt::format("'{}' has no content", content.key));
  auto text = read_file(*content.file, content_file);
  if (!text && text.error().kind == ErrorKind::not_found) {
    return failure(ErrorKind::not_found,
                   fmt::format("'{}' comes from {}, which does not exist", content.key, content.file->string()));
  }
  return text;
}

}  // namespace saasctl::project
