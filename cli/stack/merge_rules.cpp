#include "stack/merge_rules.hpp"

#include "stack/mount_paths.hpp"
#include "stack/vocabulary.hpp"
#include "util/text.hpp"
#include "yaml/interpolate.hpp"

namespace saasctl::stack {
namespace {

Rule& rule_of(Rule& root, std::string_view path) {
  auto* rule = &root;
  for (const auto& key : split(path, '.')) rule = &rule->keys[key];
  return *rule;
}

// Source: compose-go v2, override/merge.go (ways) and override/uncity.go (identities).
Rule make_rules() {
  Rule root;
  const auto ways = [&](Way way, std::initializer_list<std::string_view> paths) {
    for (const auto path : paths) rule_of(root, path).way = way;
  };
  const auto identities = [&](Identity identity, std::initializer_list<std::string_view> paths) {
    for (const auto path : paths) rule_of(root, path).identity = identity;
  };
  ways(Way::replace, {"services.*.command", "services.*.entrypoint", "services.*.healthcheck.test"});
  ways(Way::pairs, {"services.*.annotations", "services.*.build.args", "services.*.build.additional_contexts",
                    "services.*.build.labels", "services.*.build.ssh", "services.*.deploy.labels",
                    "services.*.environment", "services.*.labels", "services.*.sysctls", "services.*.with",
                    "networks.*.labels", "volumes.*.labels", "secrets.*.labels", "configs.*.labels"});
  ways(Way::sequence, {"services.*.build.extra_hosts", "services.*.dns", "services.*.dns_opt", "services.*.dns_search",
                       "services.*.env_file", "services.*.extra_hosts", "services.*.label_file", "services.*.tmpfs"});
  ways(Way::names, {"services.*.models", "services.*.networks"});
  ways(Way::dependencies, {"services.*.depends_on"});
  ways(Way::build, {"services.*.build"});
  ways(Way::logging, {"services.*.logging"});
  ways(Way::ulimit, {"services.*.ulimits.*"});
  ways(Way::devices, {"services.*.gpus"});
  ways(Way::ipam, {"networks.*.ipam.config"});
  identities(Identity::name, {"services.*.annotations",
                              "services.*.build.args",
                              "services.*.build.additional_contexts",
                              "services.*.build.tags",
                              "services.*.build.labels",
                              "services.*.cap_add",
                              "services.*.cap_drop",
                              "services.*.deploy.labels",
                              "services.*.dns",
                              "services.*.dns_opt",
                              "services.*.dns_search",
                              "services.*.environment",
                              "services.*.expose",
                              "services.*.labels",
                              "services.*.links",
                              "services.*.networks.*.aliases",
                              "services.*.networks.*.link_local_ips",
                              "services.*.profiles",
                              "services.*.sysctls",
                              "services.*.tmpfs",
                              "networks.*.labels"});
  identities(Identity::mount, {"services.*.volumes"});
  identities(Identity::device, {"services.*.devices"});
  identities(Identity::secret, {"services.*.secrets"});
  identities(Identity::config, {"services.*.configs"});
  identities(Identity::port, {"services.*.ports"});
  identities(Identity::env_file, {"services.*.env_file"});
  return root;
}

// The pieces of a text between colons, where a "${…}" is whole whatever it holds.
std::vector<std::string> pieces(const Node& entry) {
  if (entry.settled) return split(entry.text, ':');
  std::vector<std::string> out(1);
  for (std::size_t i = 0; i < entry.text.size();) {
    if (entry.text[i] == ':') {
      out.emplace_back();
      ++i;
    } else {
      const auto end = variable_end(entry.text, i);
      out.back() += entry.text.substr(i, end - i);
      i = end;
    }
  }
  return out;
}

std::string text_at(const Node& map, std::string_view key, std::string_view missing) {
  const auto* value = map.find(key);
  return value && value->kind == Kind::scalar ? value->text : std::string(missing);
}

std::optional<std::string> target_of(const Node& entry) {
  const auto* target = entry.find("target");
  return target && target->kind == Kind::scalar ? std::optional(target->text) : std::nullopt;
}

std::optional<std::string> identify_map(const Node& entry, Identity identity) {
  switch (identity) {
    case Identity::mount:
      return target_of(entry).transform(clean_target);
    case Identity::device:
      return target_of(entry);
    case Identity::secret:
    case Identity::config:
      if (auto target = target_of(entry)) return target;
      return (identity == Identity::secret ? "/run/secrets/" : "/") + text_at(entry, "source", "");
    case Identity::port:
      if (!target_of(entry)) return std::nullopt;
      return text_at(entry, "host_ip", "0.0.0.0") + ":" + text_at(entry, "published", "") + ":" + *target_of(entry) +
             "/" + text_at(entry, "protocol", "tcp");
    case Identity::env_file:
      return entry.find("path") ? std::optional(text_at(entry, "path", "")) : std::nullopt;
    case Identity::none:
    case Identity::name:
      break;
  }
  return std::nullopt;
}

}  // namespace

const Rule* Rule::at(std::string_view key) const {
  if (const auto found = keys.find(key); found != keys.end()) return &found->second;
  const auto any = keys.find("*");
  return any == keys.end() ? nullptr : &any->second;
}

const Rule& merge_rules() {
  static const Rule rules = make_rules();
  return rules;
}

std::optional<std::string> identify(const Node& entry, Identity identity) {
  if (entry.kind == Kind::map) return identify_map(entry, identity);
  if (entry.kind != Kind::scalar) return std::nullopt;
  switch (identity) {
    case Identity::name:
      return entry.text.substr(0, entry.text.find('='));
    case Identity::mount: {
      return target_of_mount(entry.text, entry.settled);
    }
    case Identity::device: {
      const auto parts = pieces(entry);
      return parts.size() == 1 ? parts[0] : parts[1];
    }
    case Identity::secret:
      return "/run/secrets/" + entry.text;
    case Identity::config:
      return "/" + entry.text;
    case Identity::port:
    case Identity::env_file:
      return entry.text;
    case Identity::none:
      break;
  }
  return std::nullopt;
}

}  // namespace saasctl::stack
