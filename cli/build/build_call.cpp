#include "build/build_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

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
  return request.tags.empty() ? request.context.string() : request.tags.front();
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
  add("extrahosts", join(request.extra_hosts, ","));
  if (request.no_cache) add("nocache", "1");
  if (request.pull) add("pull", "1");
  return parameters;
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
  return std::string(trim(message));
}

bool all_cached(const std::vector<Step>& steps) {
  return std::ranges::all_of(steps, [](const Step& step) { return !makes_layers(step) || step.cached; });
}

BuildError build_error(const BuildRequest& request, std::string step, std::vector<std::string> lines,
                       const std::string& message) {
  const auto reason = without_wrapping(message);
  const auto exit_code = exit_code_of(reason);
  const auto line = step.empty() ? dockerfile_line_of(reason) : std::nullopt;
  std::string text = fmt::format("cannot build {}", name_of(request));
  if (line) text += fmt::format(": {}:{}", request.dockerfile.string(), *line);
  if (!step.empty()) text += fmt::format(": step '{}'", step);
  text += !step.empty() && exit_code ? fmt::format(" ended with exit code {}", *exit_code) : ": " + reason;
  BuildError error{{Fault::failed, std::move(text)}};
  error.failure =
      BuildFailure{.step = std::move(step), .lines = std::move(lines), .exit_code = exit_code, .line = line};
  return error;
}

}  // namespace saasctl::build
