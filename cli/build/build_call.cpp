#include "build/build_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "build/context.hpp"
#include "build/dockerfile.hpp"
#include "engine/json.hpp"
#include "util/text.hpp"

namespace saasctl::build {
namespace {

std::optional<int> number_after(std::string_view message, std::string_view words) {
  const auto found = message.rfind(words);
  if (found == std::string_view::npos) return std::nullopt;
  message.remove_prefix(found + words.size());
  const auto digits = message.substr(0, message.find_first_not_of("0123456789"));
  const auto number = parse_integer(digits.substr(0, 9));
  if (!number) return std::nullopt;
  return static_cast<int>(*number);
}

// "[internal] …" are BuildKit's own; FROM makes no layer.
bool makes_layers(const Step& step) {
  return step.name.starts_with('[') && !step.name.starts_with("[internal]") &&
         step.name.find("] FROM ") == std::string::npos;
}

std::string name_of(const BuildRequest& request) {
  if (!request.tags.empty()) return request.tags.front();
  return request.remote.empty() ? request.context.string() : request.remote;
}

// The part of a path that the engine's own folder for the context makes up, "/var/lib/docker/tmp/buildkit-mount123".
std::string without_engine_paths(std::string text) {
  constexpr std::string_view mark = "/buildkit-mount";
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
    const auto before = text.find_last_of(" \t\n\"'():", at);
    auto end = at + mark.size();
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    const auto begin = before == std::string::npos ? 0 : before + 1;
    text.erase(begin, end - begin);
    at = begin;
  }
  return text;
}

// The walk over the context has said what can be done, but a message alone comes back through the builder.
std::string hint_of(std::string_view reason) {
  if (reason.find(" of the build context: ") != std::string_view::npos) return unreadable_hint;
  const bool no_access = reason.find("401 Unauthorized") != std::string_view::npos ||
                         reason.find("authorization failed") != std::string_view::npos ||
                         reason.find("no basic auth credentials") != std::string_view::npos;
  return no_access ? "log in to the registry with docker login" : "";
}

}  // namespace

engine::Parameters build_parameters(const BuildRequest& request, const std::string& dockerfile) {
  engine::Parameters parameters;
  for (const auto& tag : request.tags) parameters.emplace_back("t", tag);
  parameters.emplace_back("dockerfile", dockerfile);
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) parameters.emplace_back(name, value);
  };
  add("target", request.target);
  add("platform", request.platform);
  add("networkmode", request.network);
  if (!request.args.empty()) add("buildargs", nlohmann::json(request.args).dump());
  if (!request.labels.empty()) add("labels", nlohmann::json(request.labels).dump());
  if (!request.cache_from.empty()) add("cachefrom", nlohmann::json(request.cache_from).dump());
  if (request.shm_size > 0) add("shmsize", std::to_string(request.shm_size));
  if (!request.ulimits.empty()) {
    auto limits = nlohmann::json::array();
    for (const auto& [name, soft, hard] : request.ulimits)
      limits.push_back({{"Name", name}, {"Soft", soft}, {"Hard", hard}});
    add("ulimits", limits.dump());
  }
  if (request.no_cache) add("nocache", "1");
  if (request.pull) add("pull", "1");
  return parameters;
}

engine::Parameters host_parameters(const BuildRequest& request, bool podman) {
  engine::Parameters parameters;
  if (request.extra_hosts.empty()) return parameters;
  if (podman) return {{"extrahosts", nlohmann::json(request.extra_hosts).dump()}};
  for (const auto& host : request.extra_hosts) parameters.emplace_back("extrahosts", host);
  return parameters;
}

std::vector<std::string> without_effect(const BuildRequest& request, engine::ApiVersion version) {
  constexpr engine::ApiVersion first{1, 44};
  std::vector<std::string> out;
  if (version >= first) return out;
  const auto add = [&](const char* key) {
    out.push_back(
        fmt::format("build.{} has no effect on this engine, which has API {}; engines since 25 (API {}) have it", key,
                    version.text(), first.text()));
  };
  if (request.shm_size > 0) add("shm_size");
  if (!request.ulimits.empty()) add("ulimits");
  return out;
}

CacheSources parse_cache_from(const std::vector<std::string>& entries) {
  CacheSources sources;
  for (const auto& entry : entries) {
    if (entry.find('=') == std::string::npos) {
      sources.references.push_back(entry);
      continue;
    }
    std::map<std::string, std::string> fields;
    for (const auto& field : split(entry, ',')) {
      const auto equals = field.find('=');
      if (equals != std::string::npos)
        fields[std::string(trim(field.substr(0, equals)))] = trim(field.substr(equals + 1));
    }
    if (fields["type"] == "registry" && !fields["ref"].empty()) {
      sources.references.push_back(fields["ref"]);
    } else {
      sources.without_effect.push_back(entry);
    }
  }
  return sources;
}

std::optional<std::string> error_of(const nlohmann::json& line) {
  if (!line.is_object()) return std::nullopt;
  if (const auto detail = line.find("errorDetail"); detail != line.end() && detail->is_object()) {
    if (const auto message = engine::detail::text(*detail, "message"); !message.empty()) return message;
  }
  const auto error = line.find("error");
  if (error == line.end() || !error->is_string()) return std::nullopt;
  return error->get<std::string>();
}

std::optional<int> exit_code_of(std::string_view message) {
  for (const std::string_view words : {"exit code: ", "non-zero code: ", "exit status "}) {
    if (const auto number = number_after(message, words)) return number;
  }
  return std::nullopt;
}

std::optional<int> dockerfile_line_of(std::string_view message) {
  const bool about_dockerfile = to_lower(message).find("dockerfile") != std::string::npos;
  return about_dockerfile ? number_after(message, " line ") : std::nullopt;
}

std::string without_wrapping(std::string_view message) {
  constexpr std::array<std::string_view, 7> wrappings{"failed to solve: ",
                                                      "failed to solve with frontend dockerfile.v0: ",
                                                      "failed to solve with frontend gateway.v0: ",
                                                      "failed to create LLB definition: ",
                                                      "failed to build LLB: ",
                                                      "rpc error: code = Unknown desc = ",
                                                      "failed to read dockerfile: "};
  for (bool found = true; found;) {
    found = false;
    for (const auto wrapping : wrappings) {
      if (!message.starts_with(wrapping)) continue;
      message.remove_prefix(wrapping.size());
      found = true;
    }
  }
  return without_engine_paths(std::string(trim(message)));
}

bool all_cached(const std::vector<Step>& steps) {
  return std::ranges::all_of(steps, [](const Step& step) { return !makes_layers(step) || step.cached; });
}

BuildError build_error(const BuildRequest& request, FailedStep step, const std::string& message,
                       std::string_view dockerfile) {
  const auto reason = without_wrapping(message);
  BuildFailure failure{.step = std::move(step.name),
                       .lines = std::move(step.lines),
                       .exit_code = exit_code_of(reason),
                       .line = {},
                       .excerpt = {},
                       .first_errors = std::move(step.first_errors)};
  if (failure.step.empty()) {
    failure.line = dockerfile_line_of(reason);
    if (failure.line && !dockerfile.empty())
      failure.excerpt =
          excerpt_of(dockerfile, static_cast<std::size_t>(*failure.line), static_cast<std::size_t>(*failure.line));
  } else if (const auto place = instruction_of_step(parse_dockerfile(dockerfile), request.args, failure.step)) {
    failure.line = static_cast<int>(place->line);
    failure.excerpt = excerpt_of(dockerfile, place->line, place->last);
  }
  std::string text = fmt::format("cannot build {}", name_of(request));
  if (failure.line) {
    const auto& name = request.dockerfile_name;
    text += fmt::format(": {}:{}", name.empty() ? request.dockerfile.string() : name, *failure.line);
  }
  if (!failure.step.empty()) text += fmt::format(": step '{}'", failure.step);
  text += !failure.step.empty() && failure.exit_code ? fmt::format(" ended with exit code {}", *failure.exit_code)
                                                     : ": " + reason;
  BuildError error{{ErrorKind::failed, std::move(text), hint_of(reason)}};
  error.failure = std::move(failure);
  return error;
}

}  // namespace saasctl::build
