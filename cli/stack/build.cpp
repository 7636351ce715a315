#include "stack/build.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "stack/image_reference.hpp"
#include "util/text.hpp"

namespace saasctl::stack {
namespace {

constexpr Literal other_builder =
    "read and printed, and refused when the service must be built: the engine's own builder cannot do it through its "
    "API";

std::optional<Json> shorten_grant(const Grant& grant, Style style) {
  if (style == Style::canonical || grant.target || grant.uid || grant.gid || grant.mode) return std::nullopt;
  return Json(grant.source.text);
}

// A reference, or attributes of a cache: "type=registry,ref=NAME".
Codec<std::string> cache_source_form() {
  auto form = any_text();
  form.read = [attributes = form.read, reference = image_form().read](const Node& node, Reader& reader) {
    return (node.text.contains('=') ? attributes : reference)(node, reader);
  };
  return form;
}

const Record<Grant>& build_secret_record() {
  constexpr Literal by_the_dockerfile = "the Dockerfile names it: RUN --mount=type=secret,id=ID,uid=…,gid=…,mode=…";
  static const auto record =
      Record<Grant>("build-secret", "A secret given to the builder.")
          .key("source", &Grant::source, word(), "Name of the top-level secret.", Origin::compose, true)
          .key("target", &Grant::target, any_text(), "Its id in the Dockerfile; default: the name of the secret.")
          .key("uid", &Grant::uid, any_text(), "Owner of the file in RUN steps.")
          .no_effect(by_the_dockerfile)
          .key("gid", &Grant::gid, any_text(), "Group of the file in RUN steps.")
          .no_effect(by_the_dockerfile)
          .key("mode", &Grant::mode, file_mode(), "Permissions of the file in RUN steps.")
          .no_effect(by_the_dockerfile);
  return record;
}

std::optional<Grant> read_grant_name(const Node& node, Reader& reader) {
  const auto scalar = reader.scalar(node);
  if (!scalar) return std::nullopt;
  Grant grant;
  grant.at = node.at;
  grant.source = {scalar->kept, node.at};
  return grant;
}

// Of two keys with one id the later counts.
void put(std::vector<SshKey>& keys, SshKey key) {
  const auto found = std::ranges::find(keys, key.id, &SshKey::id);
  if (found == keys.end()) {
    keys.push_back(std::move(key));
  } else {
    *found = std::move(key);
  }
}

// "default" or "id=path" in a list, or a map of ids to paths. Source: compose-go v2, transform/ssh.go; written in full
// as types/ssh.go, SSHKey.MarshalYAML does.
Codec<std::vector<SshKey>> ssh_form() {
  using Keys = std::vector<SshKey>;
  const auto list = list_of(any_text());
  Codec<Keys> form;
  form.read = [many = list.read, one = any_text().read](const Node& node, Reader& reader) -> std::optional<Keys> {
    Keys keys;
    if (node.kind == Kind::map) {
      for (const auto& entry : node.entries) {
        if (entry.value->kind == Kind::null) {
          put(keys, {entry.key, std::nullopt});
        } else if (auto path = one(*entry.value, reader)) {
          put(keys, {entry.key, std::move(*path)});
        }
      }
      return keys;
    }
    const auto texts = many(node, reader);
    if (!texts) return std::nullopt;
    for (const auto& text : *texts) {
      const auto equals = text.find('=');
      if (equals != std::string::npos) {
        put(keys, {text.substr(0, equals), text.substr(equals + 1)});
      } else if (text == "default" || has_variable(text)) {
        put(keys, {text, std::nullopt});
      } else {
        reader.error(node, fmt::format("the SSH key '{}' has no path", text), "write default, or ID=PATH");
      }
    }
    return keys;
  };
  form.write = [](const Keys& keys, Style style) {
    Json out = Json::array();
    for (const auto& [id, path] : keys)
      out.push_back(path ? id + (style == Style::canonical ? ": " : "=") + *path : id);
    return out;
  };
  form.schema = [list = list.schema]() -> Json { return {{"oneOf", {list(), {{"type", "object"}}}}}; };
  form.type_name = "list of default or id=path, or map";
  return form;
}

const Record<Build>& build_record() {
  static const auto build_secret =
      short_or_long<Grant>("name", read_grant_name, build_secret_record().form(), shorten_grant);
  static const auto record =
      Record<Build>("build", "How to build the service's image.")
          .key("context", &Build::context, any_text(),
               "Folder that is sent to the builder, or URL of a repository or archive that the builder fetches.")
          .key("dockerfile", &Build::dockerfile, any_text(),
               "Path of the Dockerfile inside the context; default: Dockerfile.")
          .key("dockerfile_inline", &Build::dockerfile_inline, any_text(), "The Dockerfile itself, instead of a path.")
          .key("target", &Build::target, any_text(), "Stage to build; default: the last.")
          .key("args", &Build::args, pairs(), "Values of the Dockerfile's ARGs; without a value: from the environment.")
          .key("labels", &Build::labels, pairs(), "Labels of the image.")
          .key("tags", &Build::tags, list_of(image_form()), "More names of the image.")
          .key("platforms", &Build::platforms, list_of(any_text()), "The platform that is built for.")
          .partly("one; with several the service is refused when it must be built: an engine's image has one platform")
          .key("cache_from", &Build::cache_from, list_of(cache_source_form()),
               "Images whose layers may be reused: a reference, or type=registry,ref=REFERENCE.")
          .partly("images of a registry; other types have no effect, with a warning")
          .key("cache_to", &Build::cache_to, list_of(any_text()),
               "Where layers are kept for other machines: type=inline, in the image itself.")
          .partly("type=inline; with others the service is refused when it must be built")
          .key("secrets", &Build::secrets, list_of(build_secret),
               "Secrets that RUN --mount=type=secret,id=NAME can read while building.")
          .key("ssh", &Build::ssh, ssh_form(),
               "SSH agents that RUN --mount=type=ssh,id=ID can use: default is that of SSH_AUTH_SOCK, id=path one by "
               "its socket.")
          .partly("agents; a private key by its path is refused when the service must be built: add it to an agent")
          .key("additional_contexts", &Build::additional_contexts, pairs(),
               "More contexts, by names for FROM and COPY.")
          .partly(other_builder)
          .key("extra_hosts", &Build::extra_hosts, extra_hosts_form(), "name:address pairs known while building.")
          .key("network", &Build::network, any_text(), "Network of RUN steps: default, none or host.")
          .key("no_cache", &Build::no_cache, boolean(), "Carry out every step again.")
          .key("no_cache_filter", &Build::no_cache_filter, list_or_one(any_text()), "Stages to carry out again.")
          .partly(other_builder)
          .key("pull", &Build::pull, boolean(), "Ask the registry for newer base images.")
          .key("shm_size", &Build::shm_size, bytes(), "Size of /dev/shm in RUN steps (Engine 25 and later).")
          .key("ulimits", &Build::ulimits, map_of(ulimit_form()), "Limits of RUN steps (Engine 25 and later).")
          .key("isolation", &Build::isolation, any_text(), "How RUN steps are isolated.")
          .partly("default; others exist on Windows only, and are refused when the service must be built")
          .key("entitlements", &Build::entitlements, list_or_one(any_text()), "Powers that RUN steps may ask for.")
          .partly(other_builder)
          .key("privileged", &Build::privileged, boolean(), "Give RUN steps all powers.")
          .partly("false; true is refused when the service must be built")
          .key("provenance", &Build::provenance, any_text(), "An attestation of how the image was made.")
          .partly("false; others are refused when the service must be built: an engine's image store keeps none")
          .key("sbom", &Build::sbom, any_text(), "An attestation of what the image is made of.")
          .partly("false; others are refused when the service must be built: an engine's image store keeps none");
  return record;
}

void check(const Build& build, Reader& reader) {
  if (build.dockerfile && build.dockerfile_inline)
    reader.diagnostics().add(build.where("dockerfile_inline"), std::string_view("dockerfile_inline").size(),
                             "dockerfile and dockerfile_inline exclude each other", "keep one of them");
}

}  // namespace

bool is_remote_context(std::string_view context) {
  constexpr std::array<std::string_view, 4> prefixes{"github.com/", "git@", "service:", "docker-image:"};
  return context.find("://") != std::string_view::npos ||
         std::ranges::any_of(prefixes, [&](std::string_view prefix) { return context.starts_with(prefix); });
}

Codec<Build> build_form() {
  auto form = short_or_long<Build>(
      "context folder",
      [](const Node& node, Reader& reader) -> std::optional<Build> {
        const auto scalar = reader.scalar(node);
        if (!scalar) return std::nullopt;
        Build build;
        build.at = node.at;
        build.context = scalar->kept;
        return build;
      },
      build_record().form());
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<Build> {
    auto build = read(node, reader);
    if (build) check(*build, reader);
    return build;
  };
  return form;
}

Codec<Grant> grant_form() {
  static const auto record =
      Record<Grant>("grant", "A secret or config given to a service.")
          .key("source", &Grant::source, word(), "Name of the top-level secret or config.", Origin::compose, true)
          .key("target", &Grant::target, any_text(),
               "File in the container; a secret's relative name is below /run/secrets.")
          .key("uid", &Grant::uid, any_text(), "Numeric owner of the file; default: the container's user.")
          .key("gid", &Grant::gid, any_text(), "Numeric group of the file.")
          .key("mode", &Grant::mode, file_mode(),
               "Octal permissions such as 0440; default: 0400 for secrets, 0444 for configs.");
  return short_or_long<Grant>("name", read_grant_name, record.form(), shorten_grant);
}

Codec<Ulimit> ulimit_form() {
  static const auto record =
      Record<Ulimit>("ulimit", "Soft and hard limit of one resource.")
          .key("soft", &Ulimit::soft, integer(-1, INT64_MAX), "Limit that warns.", Origin::compose, true)
          .key("hard", &Ulimit::hard, integer(-1, INT64_MAX), "Limit that holds.", Origin::compose, true);
  return short_or_long<Ulimit>(
      "number",
      [read = integer(-1, INT64_MAX).read](const Node& node, Reader& reader) -> std::optional<Ulimit> {
        const auto value = read(node, reader);
        if (!value) return std::nullopt;
        return Ulimit{{node.at, {}}, *value, *value};
      },
      record.form());
}

Codec<std::vector<std::string>> extra_hosts_form() {
  using Hosts = std::vector<std::string>;
  const auto list = list_of(any_text());
  const auto address = [](std::string text) {
    return text.starts_with('[') && text.ends_with(']') ? text.substr(1, text.size() - 2) : text;
  };
  Codec<Hosts> form = list;
  form.read = [many = list.read, some = list_or_one(any_text()).read, address](const Node& node,
                                                                               Reader& reader) -> std::optional<Hosts> {
    if (node.kind != Kind::map) {
      auto hosts = many(node, reader);
      if (!hosts) return std::nullopt;
      for (std::size_t i = 0; i < hosts->size(); ++i) {
        auto& host = (*hosts)[i];
        const auto separator = host.find_first_of("=:$");
        if (separator == std::string::npos) {
          reader.error(*node.items[i], fmt::format("the host '{}' has no address", host), "write name=address");
          continue;
        }
        if (host[separator] == '$') continue;
        host = host.substr(0, separator) + ":" + address(host.substr(separator + 1));
      }
      return hosts;
    }
    Hosts hosts;
    for (const auto& entry : node.entries) {
      const auto addresses = some(*entry.value, reader);
      if (!addresses) continue;
      for (const auto& each : *addresses) hosts.push_back(entry.key + ":" + address(each));
    }
    return hosts;
  };
  form.schema = [list = list.schema]() -> Json { return {{"oneOf", {list(), {{"type", "object"}}}}}; };
  form.type_name = "list of name:address or map";
  return form;
}

}  // namespace saasctl::stack
