#include "stack/build.hpp"

#include <fmt/format.h>

#include "stack/image_reference.hpp"
#include "util/text.hpp"

namespace saasctl::stack {
namespace {

constexpr auto other_builder = "the engine's own builder cannot do it through its API";

std::optional<Json> shorten_grant(const Grant& grant, Style style) {
  if (style == Style::canonical || grant.target || grant.uid || grant.gid || grant.mode) return std::nullopt;
  return Json(grant.source.text);
}

// A reference, or attributes of a cache: "type=registry,ref=NAME".
Form<std::string> cache_source_form() {
  auto form = any_text();
  form.read = [attributes = form.read, reference = image_form().read](const Node& node, Reader& reader) {
    return (node.text.contains('=') ? attributes : reference)(node, reader);
  };
  return form;
}

const Record<Build>& build_record() {
  static const auto record =
      Record<Build>("build", "How to build the service's image.")
          .key("context", &Build::context, any_text(), "Folder that is sent to the builder.")
          .partly("a folder; repositories and archives at a URL are refused")
          .key("dockerfile", &Build::dockerfile, any_text(),
               "Path of the Dockerfile inside the context; default: Dockerfile.")
          .key("dockerfile_inline", &Build::dockerfile_inline, any_text(), "The Dockerfile itself, instead of a path.")
          .key("target", &Build::target, any_text(), "Stage to build; default: the last.")
          .key("args", &Build::args, pairs(), "Values of the Dockerfile's ARGs; without a value: from the environment.")
          .key("labels", &Build::labels, pairs(), "Labels of the image.")
          .key("tags", &Build::tags, list_of(image_form()), "More names of the image.")
          .key("platforms", &Build::platforms, list_of(any_text()), "The platform that is built for.")
          .partly("one; an engine's image has one platform")
          .key("cache_from", &Build::cache_from, list_of(cache_source_form()), "Images whose layers may be reused.")
          .key("cache_to", &Build::cache_to, list_of(any_text()),
               "Where layers are kept for other machines: type=inline, in the image itself.")
          .partly("type=inline; the engine's own builder cannot do others through its API")
          .key("secrets", &Build::secrets, list_of(grant_form()),
               "Secrets that RUN --mount=type=secret,id=NAME can read while building.")
          .key("extra_hosts", &Build::extra_hosts, extra_hosts_form(), "name:address pairs known while building.")
          .key("network", &Build::network, any_text(), "Network of RUN steps: default, none or host.")
          .key("no_cache", &Build::no_cache, boolean(), "Carry out every step again.")
          .key("pull", &Build::pull, boolean(), "Ask the registry for newer base images.")
          .key("shm_size", &Build::shm_size, bytes(), "Size of /dev/shm in RUN steps (Engine 25 and later).")
          .key("ulimits", &Build::ulimits, map_of(ulimit_form()), "Limits of RUN steps (Engine 25 and later).")
          .key("isolation", &Build::isolation, one_of({"default"}), "How RUN steps are isolated.")
          .partly("default; others exist on Windows only")
          .key("privileged", &Build::privileged, boolean(), "Give RUN steps all powers.")
          .partly("false; the engine's own builder cannot do it through its API")
          .key("provenance", &Build::provenance, any_text(), "An attestation of how the image was made.")
          .partly("false; an engine's image store keeps none")
          .key("sbom", &Build::sbom, any_text(), "An attestation of what the image is made of.")
          .partly("false; an engine's image store keeps none")
          .refused("additional_contexts", other_builder)
          .refused("no_cache_filter", other_builder)
          .refused("entitlements", other_builder)
          .refused("ssh", "keys of an agent are not forwarded; use a build secret");
  return record;
}

bool is_url(std::string_view context) {
  return context.find("://") != std::string_view::npos || context.starts_with("git@") ||
         context.starts_with("github.com/");
}

void check(const Build& build, Reader& reader) {
  const auto refuse = [&](std::string_view key, std::string message, std::string hint) {
    reader.diagnostics().add(build.where(key), key.size(), std::move(message), std::move(hint));
  };
  if (build.context && is_url(*build.context))
    refuse(build.has("context") ? "context" : "", "a build context at a URL is not supported",
           "clone it beside the stack file");
  if (build.dockerfile && build.dockerfile_inline)
    refuse("dockerfile_inline", "dockerfile and dockerfile_inline exclude each other", "keep one of them");
  if (build.platforms.size() > 1) refuse("platforms", "an engine's image has one platform", "keep one of them");
  for (const auto& target : build.cache_to) {
    if (target != "type=inline" && target != "inline" && !has_variable(target))
      refuse("cache_to", fmt::format("'{}': {}", target, other_builder), "write type=inline, or remove it");
  }
  if (build.privileged.value_or(false)) refuse("privileged", std::string("privileged: ") + other_builder, "remove it");
  for (const auto& [key, value] : {std::pair("provenance", &build.provenance), std::pair("sbom", &build.sbom)}) {
    if (*value && **value != "false" && !has_variable(**value))
      refuse(key, fmt::format("{}: an engine's image store keeps no attestations", key), "write false, or remove it");
  }
}

}  // namespace

Form<Build> build_form() {
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

Form<Grant> grant_form() {
  static const auto record =
      Record<Grant>("grant", "A secret or config given to a service.")
          .key("source", &Grant::source, word(), "Name of the top-level secret or config.", Origin::compose, true)
          .key("target", &Grant::target, any_text(),
               "File in the container; a secret's relative name is below /run/secrets.")
          .key("uid", &Grant::uid, any_text(), "Numeric owner of the file; default: the container's user.")
          .key("gid", &Grant::gid, any_text(), "Numeric group of the file.")
          .key("mode", &Grant::mode, file_mode(),
               "Octal permissions such as 0440; default: 0400 for secrets, 0444 for configs.");
  return short_or_long<Grant>(
      "name",
      [](const Node& node, Reader& reader) -> std::optional<Grant> {
        const auto scalar = reader.scalar(node);
        if (!scalar) return std::nullopt;
        Grant grant;
        grant.at = node.at;
        grant.source = {scalar->kept, node.at};
        return grant;
      },
      record.form(), shorten_grant);
}

Form<Ulimit> ulimit_form() {
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

Form<std::vector<std::string>> extra_hosts_form() {
  using Hosts = std::vector<std::string>;
  const auto list = list_of(any_text());
  const auto address = [](std::string text) {
    return text.starts_with('[') && text.ends_with(']') ? text.substr(1, text.size() - 2) : text;
  };
  Form<Hosts> form = list;
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
  form.words = "list of name:address or map";
  return form;
}

}  // namespace saasctl::stack
