#include "stack/shapes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "util/text.hpp"

namespace saasctl::stack {
namespace {

// A list of names, each standing for an entry with nothing set, or a map.
template <typename T>
Form<Map<T>> names_or_map(Form<T> item) {
  auto form = map_of(or_empty(std::move(item)));
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<Map<T>> {
    if (node.kind == Kind::map) return read(node, reader);
    if (node.kind != Kind::list) {
      reader.wrong_type(node, "a list of names or a map");
      return std::nullopt;
    }
    Map<T> map;
    for (const auto& child : node.items) {
      const auto scalar = reader.scalar(*child);
      if (!scalar) continue;
      if (map.find(scalar->kept)) {
        reader.error(*child, fmt::format("'{}' stands in this list already", scalar->kept), "keep one of the two");
        continue;
      }
      T value{};
      value.at = child->at;
      map.entries.push_back({scalar->kept, child->at, std::move(value)});
    }
    return map;
  };
  form.schema = {{"oneOf", {{{"type", "array"}, {"items", {{"type", "string"}}}}, form.schema}}};
  form.words = "list of names or " + form.words;
  return form;
}

const Record<Mount>& mount_record() {
  static const auto record =
      Record<Mount>("mount", "Storage inside the container.")
          .key("type", &Mount::type, one_of({"volume", "bind", "tmpfs"}), "Kind of storage.", Origin::compose, true)
          .key("source", &Mount::source, any_text(), "Name of the volume or path on the host.")
          .key("target", &Mount::target, any_text(), "Path inside the container.", Origin::compose, true)
          .key("read_only", &Mount::read_only, boolean(), "Mount without write access.")
          .unsupported({"consistency", "bind", "volume", "tmpfs", "image"}, "not read");
  return record;
}

std::optional<Mount> read_short_mount(const Node& node, Reader& reader) {
  const auto scalar = reader.scalar(node);
  if (!scalar) return std::nullopt;
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < scalar->kept.size();) {
    const auto end = scalar->kept[i] == '$' ? variable_end(scalar->kept, i) : i + 1;
    if (scalar->kept[i] == ':') {
      parts.emplace_back();
    } else {
      parts.back() += scalar->kept.substr(i, end - i);
    }
    i = end;
  }
  Mount mount;
  mount.at = node.at;
  mount.type = "volume";
  const bool options_known = parts.size() < 3 || std::ranges::all_of(split(parts[2], ','), [](const auto& o) {
                               return o == "ro" || o == "rw";
                             });
  if (parts.size() > 3 || parts.back().empty() || parts.front().empty() || !options_known) {
    reader.error(node,
                 fmt::format("'{}' is not a mount such as data:/var/lib/data or ./conf:/etc/conf:ro", scalar->value));
    return std::nullopt;
  }
  mount.target = parts.size() == 1 ? parts[0] : parts[1];
  if (parts.size() > 1) {
    mount.source = parts[0];
    if (std::string_view("./~").find(parts[0][0]) != std::string_view::npos) mount.type = "bind";
  }
  if (parts.size() == 3 && parts[2].find("ro") != std::string::npos) mount.read_only = true;
  if (!mount.target.starts_with('/') && !has_variable(mount.target)) {
    reader.error(node, fmt::format("the mount's target '{}' is not an absolute path", mount.target));
    return std::nullopt;
  }
  return mount;
}

std::optional<Json> shorten_mount(const Mount& mount, Style style) {
  if (style == Style::canonical || mount.type == "tmpfs") return std::nullopt;
  const bool path = mount.source && !mount.source->empty() &&
                    std::string_view("./~").find((*mount.source)[0]) != std::string_view::npos;
  if (mount.type == "bind" && !path) return std::nullopt;
  std::string text = mount.source ? *mount.source + ":" + mount.target : mount.target;
  if (mount.read_only.value_or(false)) text += ":ro";
  return Json(text);
}

const Record<Build>& build_record() {
  static const auto record =
      Record<Build>("build", "How to build the service's image.")
          .key("context", &Build::context, any_text(), "Folder that is sent to the builder.")
          .key("dockerfile", &Build::dockerfile, any_text(),
               "Path of the Dockerfile inside the context; default: Dockerfile.")
          .key("target", &Build::target, any_text(), "Stage to build; default: the last.")
          .key("args", &Build::args, pairs(), "Values of the Dockerfile's ARGs; without a value: from the environment.")
          .key("labels", &Build::labels, pairs(), "Labels of the image.")
          .key("cache_from", &Build::cache_from, list_of(any_text()), "Images whose layers may be reused.")
          .key("secrets", &Build::secrets, list_of(word()),
               "Secrets that RUN --mount=type=secret,id=NAME can read while building.")
          .key("extra_hosts", &Build::extra_hosts, list_of(any_text()), "name:address pairs known while building.")
          .key("network", &Build::network, any_text(), "Network of RUN steps: default, none or host.")
          .key("no_cache", &Build::no_cache, boolean(), "Carry out every step again.")
          .key("pull", &Build::pull, boolean(), "Ask the registry for newer base images.")
          .unsupported({"additional_contexts", "cache_to", "dockerfile_inline", "entitlements", "isolation",
                        "platforms", "privileged", "provenance", "sbom", "shm_size", "ssh", "tags", "ulimits"},
                       "not read");
  return record;
}

const Record<NetworkUse>& network_use_record() {
  static const auto record =
      Record<NetworkUse>("network-use", "How a service takes part in a network.")
          .key("aliases", &NetworkUse::aliases, list_of(any_text()), "More names of the service there.")
          .key("ipv4_address", &NetworkUse::ipv4_address, any_text(), "Fixed address.")
          .unsupported({"driver_opts", "gw_priority", "interface_name", "ipv6_address", "link_local_ips", "mac_address",
                        "priority"},
                       "not read");
  return record;
}

const Record<Dependency>& dependency_record() {
  static const auto record =
      Record<Dependency>("dependency", "What must hold before the service starts.")
          .key("condition", &Dependency::condition,
               one_of({"service_started", "service_healthy", "service_completed_successfully"}),
               "State that is waited for.")
          .key("restart", &Dependency::restart, boolean(), "Restart the service when the dependency is restarted.")
          .key("required", &Dependency::required, boolean(), "false: only warn when the dependency is missing.");
  return record;
}

const Record<Grant>& grant_record() {
  static const auto record =
      Record<Grant>("grant", "A secret or config given to a service.")
          .key("source", &Grant::source, word(), "Name of the top-level secret or config.", Origin::compose, true)
          .key("target", &Grant::target, any_text(),
               "File in the container; a secret's relative name is below /run/secrets.")
          .key("uid", &Grant::uid, any_text(), "Numeric owner of the file; default: the container's user.")
          .key("gid", &Grant::gid, any_text(), "Numeric group of the file.")
          .key("mode", &Grant::mode, any_text(), "Octal permissions; default: 0400 for secrets.");
  return record;
}

std::optional<Json> shorten_grant(const Grant& grant, Style style) {
  if (style == Style::canonical || grant.target || grant.uid || grant.gid || grant.mode) return std::nullopt;
  return Json(grant.source.text);
}

}  // namespace

Form<Mount> mount_form() {
  auto full = mount_record().form();
  full.read = [read = full.read](const Node& node, Reader& reader) -> std::optional<Mount> {
    auto mount = read(node, reader);
    if (!mount) return std::nullopt;
    if (mount->type == "bind" && !mount->source)
      reader.error(node, "a bind mount needs a source", "add source: with a path of the host");
    if (mount->type == "tmpfs" && mount->source) reader.error(node, "a tmpfs mount has no source", "remove source:");
    if (!mount->target.empty() && !mount->target.starts_with('/') && !has_variable(mount->target)) {
      reader.diagnostics().add(mount->where("target"), 6,
                               fmt::format("the mount's target '{}' is not an absolute path", mount->target));
    }
    return mount;
  };
  return short_or_long<Mount>("[source:]target[:ro]", read_short_mount, std::move(full), shorten_mount);
}

Form<Build> build_form() {
  return short_or_long<Build>(
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
}

Form<Map<NetworkUse>> networks_form() {
  auto form = names_or_map(network_use_record().form());
  form.write = [write = form.write](const Map<NetworkUse>& uses, Style style) {
    const bool bare =
        std::ranges::all_of(uses, [](const auto& use) { return use.value.aliases.empty() && !use.value.ipv4_address; });
    if (!bare || style == Style::canonical) return write(uses, style);
    Json names = Json::array();
    for (const auto& use : uses) names.push_back(use.name);
    return names;
  };
  return form;
}

Form<Map<Dependency>> depends_on_form() {
  return names_or_map(dependency_record().form());
}

Form<Grant> grant_form() {
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
      grant_record().form(), shorten_grant);
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

Form<Healthcheck> healthcheck_form() {
  Form<std::vector<std::string>> test = list_of(any_text());
  const auto read_list = test.read;
  test.read = [read_list](const Node& node, Reader& reader) -> std::optional<std::vector<std::string>> {
    if (node.kind == Kind::scalar) {
      const auto scalar = reader.scalar(node);
      if (!scalar) return std::nullopt;
      return std::vector<std::string>{"CMD-SHELL", scalar->kept};
    }
    auto words = read_list(node, reader);
    if (!words) return std::nullopt;
    const bool known =
        !words->empty() && (words->front() == "CMD" || words->front() == "CMD-SHELL" || words->front() == "NONE");
    if (!known || (words->front() != "NONE" && words->size() < 2)) {
      reader.error(node,
                   "a healthcheck's test is [CMD, program, …], [CMD-SHELL, line], [NONE] or one line for the shell");
      return std::nullopt;
    }
    return words;
  };
  test.schema = {{"oneOf", {{{"type", "string"}}, test.schema}}};
  test.words = "command line or list that begins with CMD, CMD-SHELL or NONE";
  static const auto record =
      Record<Healthcheck>("healthcheck", "How the engine asks a container whether it works.")
          .key("test", &Healthcheck::test, test, "Command; exit code 0 means healthy.")
          .example("test: [CMD, pg_isready, -h, 127.0.0.1]")
          .key("interval", &Healthcheck::interval, duration(), "Time between two checks; the first comes after one.")
          .key("timeout", &Healthcheck::timeout, duration(), "Time after which a check has failed.")
          .key("retries", &Healthcheck::retries, integer(0, INT64_MAX), "Failures in a row that make it unhealthy.")
          .key("start_period", &Healthcheck::start_period, duration(), "Time in which failures do not count.")
          .key("start_interval", &Healthcheck::start_interval, duration(),
               "Time between checks in the start period (Engine 25 and later).")
          .key("disable", &Healthcheck::disable, boolean(), "Ignore the image's own check.");
  return record.form();
}

Form<EnvFile> env_file_form() {
  static const auto record =
      Record<EnvFile>("env-file", "A file of KEY=VALUE lines.")
          .key("path", &EnvFile::path, word(), "The file.", Origin::compose, true)
          .key("required", &EnvFile::required, boolean(), "false: a missing file is no error.")
          .key("format", &EnvFile::format, one_of({"raw"}),
               "raw: values are taken as they stand, quotes and $ included; default: as in .env.");
  return short_or_long<EnvFile>(
      "path",
      [read = word().read](const Node& node, Reader& reader) -> std::optional<EnvFile> {
        auto path = read(node, reader);
        if (!path) return std::nullopt;
        EnvFile file;
        file.at = node.at;
        file.path = std::move(*path);
        return file;
      },
      record.form(),
      [](const EnvFile& file, Style) -> std::optional<Json> {
        if (file.required || file.format) return std::nullopt;
        return Json(file.path.text);
      });
}

Form<Logging> logging_form() {
  static const auto record = Record<Logging>("logging", "Where the container's output goes.")
                                 .key("driver", &Logging::driver, any_text(), "The engine's log driver.")
                                 .key("options", &Logging::options, pairs(), "Options of the driver.");
  return record.form();
}

Form<Ready> ready_form() {
  auto address =
      checked_text("':PORT/PATH', a port of the container and a path", "^:[0-9]+/", [](std::string_view value) {
        if (!value.starts_with(':')) return false;
        const auto slash = value.find('/');
        if (slash == std::string_view::npos) return false;
        const auto port = parse_integer(value.substr(1, slash - 1));
        return port && *port >= 1 && *port <= 65535;
      });
  static const auto record =
      Record<Ready>("ready",
                    "Our own probe: a service is ready as soon as it succeeds. Exactly one of http, tcp and exec.")
          .key("http", &Ready::http, address,
               "Asks the published port from outside; any status from 200 to 399 is ready.", Origin::ours)
          .example("http: :3001/health/ready")
          .key("tcp", &Ready::tcp, integer(1, 65535),
               "Connects to the published port from outside and expects it to stay open.", Origin::ours)
          .key("exec", &Ready::exec, command(), "Runs inside the container; exit code 0 is ready.", Origin::ours)
          .key("every", &Ready::every, duration(), "Pause between two tries; default: 25ms, growing to 250ms.",
               Origin::ours)
          .key("timeout", &Ready::timeout, duration(), "Time after which one try has failed; default: 2s.",
               Origin::ours);
  auto form = record.form();
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<Ready> {
    auto ready = read(node, reader);
    if (!ready) return std::nullopt;
    const int kinds =
        static_cast<int>(ready->http.has_value()) + int{ready->tcp.has_value()} + int{!ready->exec.empty()};
    if (kinds != 1) {
      reader.error(node, fmt::format("ready takes exactly one of http, tcp and exec, not {}", kinds));
      return std::nullopt;
    }
    return ready;
  };
  return form;
}

bool is_resource_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name[0]) && name.size() <= 200 &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || c == '_' || c == '.' || c == '-'; });
}

}  // namespace saasctl::stack
