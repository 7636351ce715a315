#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "stack/stack.hpp"
#include "stack/verify.hpp"
#include "stack/verify_placeholder.hpp"
#include "stack/verify_texts.hpp"
#include "util/text.hpp"

namespace saasctl::stack {
namespace {

// A {{name}} in a step and the key it stands under.
struct Use {
  std::string name;
  Position at;
};

// Collects the {{names}} of one step.
class Uses {
 public:
  void text(std::string_view text, Position at) {
    const auto found = placeholders(text);
    if (!found) return;  // reported where the text was read
    for (const auto& placeholder : *found) list_.push_back({placeholder.name, at});
  }

  void value(const Json& value, Position at) {
    if (value.is_string()) text(value.get_ref<const std::string&>(), at);
    if (!value.is_structured()) return;
    for (const auto& item : value) this->value(item, at);
  }

  void field(std::string_view field, Position at) { text(field, at); }

  void target(const Target& target) { text(target.text, target.at); }

  const std::vector<Use>& list() const { return list_; }

 private:
  std::vector<Use> list_;
};

constexpr std::array kind_keys = {"healthy", "http", "exec", "prometheus", "recreate", "set"};

const std::vector<std::string>& allowed_keys(std::string_view kind) {
  static const std::vector<std::string> request = {"expect", "capture", "secret", "trace", "within"};
  static const std::vector<std::string> value = {"secret"};
  static const std::vector<std::string> plain = {"within"};
  if (kind == "http" || kind == "exec") return request;
  return kind == "set" ? value : plain;
}

class PlanChecker {
 public:
  PlanChecker(const Stack& stack, Diagnostics& diagnostics)
      : stack_(stack), diagnostics_(diagnostics), secrets_(secret_names(stack.verify)) {
    for (const auto& service : stack.services) services_.push_back(service.name);
  }

  void check(const VerifyStep& check) {
    check_kind(check);
    check_services(check);
    check_names(check);
    if (check.expect) check_expect(check, *check.expect);
    if (check.exec) check_exec(check, *check.exec);
    if (check.prometheus) check_prometheus(*check.prometheus);
    if (check.trace) check_trace(*check.trace);
    for (const auto& capture : check.capture) define(capture.name);
  }

 private:
  void add(Position at, std::size_t length, std::string message, std::string hint = {}) {
    diagnostics_.add(at, length, std::move(message), std::move(hint));
  }

  void check_kind(const VerifyStep& check) {
    std::vector<std::string> kinds;
    for (const char* kind : kind_keys) {
      if (check.has(kind)) kinds.emplace_back(kind);
    }
    if (kinds.empty()) {
      add(check.at, 1, "the step checks nothing", "give it one of healthy, http, exec, prometheus, recreate, set");
      return;
    }
    if (kinds.size() > 1) {
      add(check.where(kinds[1]), kinds[1].size(), fmt::format("one step cannot be both {} and {}", kinds[0], kinds[1]),
          "make two steps of it");
      return;
    }
    if (kinds[0] != "set" && !check.has("name"))
      add(check.at, 1, "the step has no name", "say in `name` what holds, as a sentence");
    for (const auto& [key, at] : check.keys) {
      const auto& allowed = allowed_keys(kinds[0]);
      if (key == "name" || key == kinds[0] || std::ranges::find(kind_keys, key) != kind_keys.end()) continue;
      if (std::ranges::find(allowed, key) != allowed.end()) continue;
      add(at, key.size(), fmt::format("'{}' has no meaning in a step of kind {}", key, kinds[0]));
    }
  }

  bool known_service(const std::string& name, Position at, std::size_t length) {
    if (has_variable(name) || std::ranges::find(services_, name) != services_.end()) return true;
    const auto close = nearest(name, services_);
    add(at, length, fmt::format("no service '{}' in this stack", name),
        close ? fmt::format("did you mean '{}'?", *close) : "services: " + join(services_, ", "));
    return false;
  }

  void check_services(const VerifyStep& check) {
    if (check.healthy) {
      for (const auto& service : check.healthy->services) known_service(service.text, service.at, service.text.size());
    }
    if (check.recreate) known_service(check.recreate->text, check.recreate->at, check.recreate->text.size());
    if (check.exec && check.exec->service) {
      known_service(check.exec->service->text, check.exec->service->at, check.exec->service->text.size());
    }
    if (check.http) check_request(*check.http);
  }

  void check_request(const Http& http) {
    if (const auto line = request_line(http)) check_target(*line->second);
  }

  // Whether the host can reach the target, as far as the file says it.
  void check_target(const Target& target) {
    if (target.service.empty() || has_variable(target.text)) return;
    if (!known_service(target.service, target.at, target.service.size())) return;
    const auto& service = *stack_.services.find(target.service);
    if (service.has("extends")) return;  // it has an error already, and its ports are not known
    std::vector<std::string> published;
    for (const auto& port : service.ports) {
      if (port.protocol == "tcp" && !has_variable(port.target.text)) published.push_back(port.target.text);
    }
    if (published.empty()) {
      add(target.at, target.service.size(), fmt::format("service '{}' publishes no port to the host", target.service),
          "add it to its `ports`, or ask from inside with exec");
    } else if (!target.port && published.size() > 1) {
      add(target.at, target.service.size(),
          fmt::format("service '{}' publishes the ports {}", target.service, join(published, ", ")),
          fmt::format("say which: {}:{}{}", target.service, published[0], target.path));
    } else if (target.port && std::ranges::find(published, std::to_string(*target.port)) == published.end()) {
      add(target.at, target.service.size(),
          fmt::format("service '{}' does not publish its port {}", target.service, *target.port),
          "published: " + join(published, ", "));
    }
  }

  void check_default_target(const std::optional<Target>& from, std::string_view service, int port, Position at) {
    if (from) {
      check_target(*from);
    } else if (!stack_.services.find(service)) {
      add(at, 1, fmt::format("no service '{}' in this stack to ask", service),
          "name it: `from: SERVICE` or `from: URL`");
    } else {
      Target target{std::string(service), at};
      target.service = service;
      target.port = port;
      target.path = "/";
      check_target(target);
    }
  }

  void check_names(const VerifyStep& check) {
    // A value of `set` may be made of the values before it.
    for (const auto& entry : check.set) {
      Uses made_of;
      made_of.value(entry.value, entry.at);
      for (const auto& use : made_of.list()) check_use(use, false);
      define(entry.name);
    }
    const bool traced = check.has("http") || check.has("exec");
    Uses uses;
    walk_texts(check, uses);
    for (const auto& use : uses.list()) check_use(use, traced);
    for (const auto& secret : check.secret) {
      if (check.set.find(secret.text) || check.capture.find(secret.text)) continue;
      add(secret.at, secret.text.size(), fmt::format("'{}' is neither set nor captured by this step", secret.text));
    }
  }

  void check_use(const Use& use, bool traced) {
    if (use.name == trace_id_name && !traced) {
      add(use.at, 1, "{{trace_id}} belongs to the request or command of an http or exec step");
    }
    if (is_built_in(use.name) || std::ranges::find(names_, use.name) != names_.end()) return;
    auto candidates = names_;
    candidates.insert(candidates.end(), {std::string(random_name), std::string(uuid_name), std::string(trace_id_name)});
    const auto close = nearest(use.name, candidates);
    add(use.at, 1, fmt::format("{{{{{}}}}} is used before any step sets or captures it", use.name),
        close ? fmt::format("did you mean {{{{{}}}}}?", *close) : "known here: " + join(candidates, ", "));
  }

  void check_expect(const VerifyStep& check, const Expect& expect) {
    const bool http = check.has("http");
    if (!http && !check.has("exec")) return;
    static const std::vector<std::string> of_http = {"status", "headers", "json", "body"};
    static const std::vector<std::string> of_exec = {"exit_code", "stdout", "stderr"};
    const auto& allowed = http ? of_http : of_exec;
    for (const auto& [key, at] : expect.keys) {
      if (std::ranges::find(allowed, key) != allowed.end()) continue;
      add(at, key.size(), fmt::format("an {} step has no {}", http ? "http" : "exec", key),
          "it has " + join(allowed, ", "));
    }
  }

  void check_exec(const VerifyStep& check, const Exec& exec) {
    Uses uses;
    walk_command(exec, uses);
    bool told = false;
    for (const auto& use : uses.list()) {
      told = told || use.name == trace_id_name;
      if (!secrets_.contains(use.name)) continue;
      add(use.at, 1, fmt::format("the secret {{{{{}}}}} would be visible in the container's process list", use.name),
          "let the command read it from a secret file");
    }
    if (check.trace && !told) {
      add(check.where("trace"), 5, "the command does not know the trace it should make",
          "give it {{trace_id}} as an argument");
    }
    for (const auto& capture : check.capture) {
      if (capture.value.matches) continue;
      add(capture.at, capture.name.size(), "the output of a command is captured by `matches` only",
          "write {matches: REGEX}");
    }
  }

  void check_trace(const Trace& trace) {
    if (trace.services.empty() && trace.spans.empty()) {
      add(trace.at, 1, "the trace is expected to have nothing", "list `services` or `spans`");
    }
    check_default_target(trace.from, "jaeger", 16686, trace.at);
  }

  void check_prometheus(const PrometheusCheck& check) {
    const bool targets = check.has("targets");
    if (targets == check.has("query")) {
      add(check.at, 1, "a step of kind prometheus has either targets or query");
    } else if (targets && (check.value || check.grows || check.by)) {
      add(check.at, 1, "value, grows and by go with query, not with targets");
    } else if (!targets && !check.value && !check.grows.value_or(false)) {
      add(check.where("query"), 5, "nothing is expected of the query", "add `value`, or `grows: true` with `by`");
    }
    if (check.has("grows") != check.has("by")) {
      add(check.has("by") ? check.where("by") : check.where("grows"), 1, "grows and by go together",
          "by: the request that makes the number grow");
    }
    if (check.by) check_request(*check.by);
    check_default_target(check.from, "prometheus", 9090, check.at);
  }

  void define(const std::string& name) {
    if (std::ranges::find(names_, name) == names_.end()) names_.push_back(name);
  }

  const Stack& stack_;
  Diagnostics& diagnostics_;
  std::set<std::string> secrets_;
  std::vector<std::string> services_;
  std::vector<std::string> names_;
};

void add_names(std::string_view text, std::set<std::string>& names) {
  const auto found = placeholders(text);
  if (!found) return;
  for (const auto& placeholder : *found) {
    if (!is_built_in(placeholder.name)) names.insert(placeholder.name);
  }
}

void add_sensitive_members(const Json& value, std::set<std::string>& names) {
  if (value.is_array()) {
    for (const auto& item : value) add_sensitive_members(item, names);
  }
  if (!value.is_object()) return;
  for (const auto& [key, member] : value.items()) {
    if (member.is_string() && is_sensitive(key)) {
      add_names(member.get_ref<const std::string&>(), names);
    } else {
      add_sensitive_members(member, names);
    }
  }
}

void add_request_secrets(const Http& http, std::set<std::string>& names) {
  if (http.bearer) add_names(*http.bearer, names);
  if (http.json) add_sensitive_members(*http.json, names);
  for (const auto& header : http.headers) {
    if (is_sensitive(header.name)) add_names(header.value, names);
  }
}

}  // namespace

bool is_sensitive(std::string_view member) {
  std::string plain;
  for (const char c : to_lower(member)) {
    if (c != '_' && c != '-') plain += c;
  }
  constexpr std::array endings = {"password", "passwd",        "secret", "token",
                                  "apikey",   "authorization", "cookie", "privatekey"};
  return std::ranges::any_of(endings, [&](const char* ending) { return plain.ends_with(ending); });
}

std::set<std::string> secret_names(const std::vector<VerifyStep>& plan) {
  std::set<std::string> names;
  for (const auto& check : plan) {
    for (const auto& secret : check.secret) names.insert(secret.text);
    for (const auto& entry : check.set) {
      if (is_sensitive(entry.name)) names.insert(entry.name);
    }
    for (const auto& entry : check.capture) {
      if (is_sensitive(entry.name)) names.insert(entry.name);
    }
    if (check.http) add_request_secrets(*check.http, names);
    if (check.prometheus && check.prometheus->by) add_request_secrets(*check.prometheus->by, names);
  }
  return names;
}

void validate_plan(const Stack& stack, Diagnostics& diagnostics) {
  PlanChecker checker(stack, diagnostics);
  for (const auto& check : stack.verify) checker.check(check);
}

}  // namespace saasctl::stack
