#include "stack/shapes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "declare/names_or_map.hpp"
#include "declare/regex_form.hpp"
#include "stack/vocabulary.hpp"
#include "util/text.hpp"

namespace saasctl::stack {
namespace {

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

}  // namespace

Codec<Map<Dependency>> depends_on_form() {
  return names_or_map(dependency_record().form());
}

Codec<Healthcheck> healthcheck_form() {
  Codec<std::vector<std::string>> test = list_of(any_text());
  const auto read_list = test.read;
  test.read = [read_list](const Node& node, Reader& reader) -> std::optional<std::vector<std::string>> {
    if (node.kind == Kind::scalar) {
      const auto scalar = reader.scalar(node);
      if (!scalar) return std::nullopt;
      return std::vector<std::string>{"CMD-SHELL", scalar->kept};
    }
    auto words = read_list(node, reader);
    if (!words || words->empty()) return words;  // the image's own
    const bool known = (words->front() == "CMD" || words->front() == "CMD-SHELL" || words->front() == "NONE");
    if (!known || (words->front() != "NONE" && words->size() < 2)) {
      reader.error(node,
                   "a healthcheck's test is [CMD, program, …], [CMD-SHELL, line], [NONE] or one line for the shell",
                   "begin the list with CMD");
      return std::nullopt;
    }
    return words;
  };
  test.schema = [list = test.schema]() -> Json { return {{"oneOf", {{{"type", "string"}}, list()}}}; };
  test.type_name = "command line or list that begins with CMD, CMD-SHELL or NONE";
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

Codec<EnvFile> env_file_form() {
  static const auto record =
      Record<EnvFile>("env-file", "A file of KEY=VALUE lines.")
          .key("path", &EnvFile::path, word(), "The file.", Origin::compose, true)
          .key("required", &EnvFile::required, boolean(), "false: a missing file is not an error.")
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

Codec<EnvFile> label_file_form() {
  Codec<EnvFile> form;
  form.read = [read = word().read](const Node& node, Reader& reader) -> std::optional<EnvFile> {
    auto path = read(node, reader);
    if (!path) return std::nullopt;
    EnvFile file;
    file.at = node.at;
    file.path = std::move(*path);
    return file;
  };
  form.write = [](const EnvFile& file, Style) -> Json { return file.path.text; };
  form.schema = []() -> Json { return {{"type", "string"}}; };
  form.type_name = "string";
  return form;
}

std::int64_t microseconds(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (const auto number = parse_integer(text.substr(negative ? 1 : 0))) return negative ? -*number : *number;
  const auto time = parse_duration(text);
  return time ? std::chrono::duration_cast<std::chrono::microseconds>(*time).count() : 0;
}

Codec<std::string> microseconds_form() {
  return checked_text("a number of microseconds or a duration such as 50ms", "", [](std::string_view text) {
    return parse_integer(text.substr(text.starts_with('-') ? 1 : 0)) || parse_duration(text);
  });
}

Codec<std::string> swap_form() {
  return checked_text("a size such as 1G, or -1 for no limit", "",
                      [](std::string_view text) { return text == "-1" || parse_bytes(text); });
}

// Source: 05-services.md, "pull_policy": every_<duration> of weeks, days, hours, minutes and seconds.
Codec<std::string> pull_policy_form() {
  return checked_text("always, never, missing, build, refresh, daily, weekly or every_DURATION", "",
                      [](std::string_view text) {
                        for (const auto* name :
                             {"always", "never", "missing", "if_not_present", "build", "refresh", "daily", "weekly"}) {
                          if (text == name) return true;
                        }
                        if (!text.starts_with("every_")) return false;
                        text.remove_prefix(6);
                        const auto number = parse_integer(text.substr(0, text.find_first_of("wd")));
                        return parse_duration(text) || (number && (text.ends_with('w') || text.ends_with('d')));
                      });
}

Codec<std::string> restart_form() {
  auto form = checked_text("no, always, unless-stopped or on-failure[:times]", "", [](std::string_view value) {
    if (value == "no" || value == "always" || value == "unless-stopped" || value == "on-failure") return true;
    return value.starts_with("on-failure:") && parse_integer(value.substr(11)).has_value();
  });
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<std::string> {
    const bool nothing = node.kind == Kind::scalar && node.text.empty();
    return nothing ? std::nullopt : read(node, reader);
  };
  return form;
}

Codec<Logging> logging_form() {
  static const auto record = Record<Logging>("logging", "Where the container's output goes.")
                                 .key("driver", &Logging::driver, any_text(), "The engine's log driver.")
                                 .key("options", &Logging::options, pairs(), "Options of the driver.");
  return record.form();
}

Codec<Ready> ready_form() {
  auto address =
      checked_text("':PORT/PATH', a port of the container and a path", "^:[0-9]+/", [](std::string_view value) {
        const auto breaks_url = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
        if (!value.starts_with(':') || std::ranges::any_of(value, breaks_url)) return false;
        const auto slash = value.find('/');
        if (slash == std::string_view::npos) return false;
        const auto port = parse_integer(value.substr(1, slash - 1));
        return port && *port >= 1 && *port <= 65535;
      });
  static const auto record =
      Record<Ready>("ready",
                    "Our own probe: a service is ready as soon as it succeeds. Exactly one of http, tcp, exec and log.")
          .key("http", &Ready::http, address,
               "Asks the published port from outside; any status from 200 to 399 is ready.", Origin::ours)
          .example("http: :3001/health/ready")
          .key("tcp", &Ready::tcp, integer(1, 65535),
               "Connects to the published port from outside and expects it to stay open.", Origin::ours)
          .key("exec", &Ready::exec, command(), "Runs inside the container; exit code 0 is ready.", Origin::ours)
          .key("log", &Ready::log, plain_regex(),
               "Regular expression (RE2) that a line of its log must match, anything since its start.", Origin::ours)
          .example("log: ready to accept connections")
          .key("every", &Ready::every, duration(), "Pause between two tries; default: 25ms, growing to 250ms.",
               Origin::ours)
          .key("timeout", &Ready::timeout, duration(), "Time after which one try has failed; default: 2s.",
               Origin::ours);
  auto form = record.form();
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<Ready> {
    auto ready = read(node, reader);
    if (!ready) return std::nullopt;
    const int kinds = int{ready->http.has_value()} + int{ready->tcp.has_value()} + int{!ready->exec.empty()} +
                      int{ready->log.has_value()};
    if (kinds != 1) {
      reader.error(node, fmt::format("ready takes exactly one of http, tcp, exec and log, not {}", kinds),
                   kinds == 0 ? "add one of them" : "keep one of them");
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
