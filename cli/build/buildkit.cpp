#include <fmt/format.h>

#include <mutex>

#include "build/build_call.hpp"
#include "build/builders.hpp"
#include "build/dockerfile.hpp"
#include "build/session.hpp"
#include "engine/json.hpp"
#include "engine/json_lines.hpp"
#include "util/digest.hpp"
#include "util/input.hpp"

namespace saasctl::build {
namespace {

// What the session's thread has to tell the user; it is given out when the build has ended.
class Warnings {
 public:
  void add(const std::string& text) {
    const std::scoped_lock lock(mutex_);
    texts_.push_back(text);
  }

  std::vector<std::string> take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(texts_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> texts_;
};

SessionOffer offer_for(const CheckedRequest& checked, Warnings& warnings) {
  SessionOffer offer{.folders = {},
                     .secrets = checked.request.secrets,
                     .ssh = checked.request.ssh,
                     .docker_config = checked.request.docker_config,
                     .warn = [&warnings](const std::string& text) { warnings.add(text); }};
  if (checked.request.remote.empty())
    offer.folders = {{"context", checked.context}, {"dockerfile", checked.dockerfile.parent_path()}};
  return offer;
}

// For the place of an error; empty when it cannot be read.
std::string dockerfile_text(const CheckedRequest& checked) {
  return checked.request.remote.empty() ? read_file(checked.dockerfile, dockerfile_kind).value_or("") : "";
}

// What the engine says while it builds.
class BuildKitListener {
 public:
  explicit BuildKitListener(const ProgressSink& sink)
      : model_(sink), lines_([this](const auto& line) { return take(line); }) {}

  bool feed(std::string_view bytes) {
    auto fed = lines_.feed(bytes);
    if (!fed) broken_ = std::move(fed.error());
    return !broken_;
  }

  void finish() { model_.finish(); }
  const ProgressModel& model() const { return model_; }
  const std::string& image_id() const { return image_id_; }
  const std::string& error() const { return error_; }
  const std::optional<Error>& broken() const { return broken_; }

 private:
  bool take(const nlohmann::json& line) {
    if (auto error = error_of(line)) error_ = std::move(*error);
    const auto id = engine::detail::text(line, "id");
    const auto aux = line.find("aux");
    if (aux == line.end()) return true;
    if (id == "moby.image.id" && aux->is_object()) image_id_ = engine::detail::text(*aux, "ID");
    if (id == "moby.buildkit.trace" && aux->is_string()) return take_trace(aux->get_ref<const std::string&>());
    return true;
  }

  bool take_trace(const std::string& encoded) {
    const auto message = base64_decode(encoded);
    auto fed = message ? model_.feed(*message) : failure("the engine's build progress is not base64");
    if (!fed) broken_ = std::move(fed.error());
    return !broken_;
  }

  ProgressModel model_;
  engine::JsonLines lines_;
  std::string image_id_;
  std::string error_;
  std::optional<Error> broken_;
};

BuildOutcome conclude(const CheckedRequest& checked, BuildKitListener& listener) {
  if (listener.broken()) return std::unexpected(BuildError{*listener.broken()});
  const auto& model = listener.model();
  if (!listener.error().empty()) {
    FailedStep failed;
    if (const Step* step = model.failed_step()) {
      failed = {step->name, model.last_lines(step->digest), {}};
      failed.first_errors = model.first_errors(step->digest, BuildFailure::shown_lines);
    }
    return std::unexpected(build_error(checked.request, std::move(failed), listener.error(), dockerfile_text(checked)));
  }
  if (listener.image_id().empty()) {
    return std::unexpected(
        BuildError{{ErrorKind::failed, "the engine ended the build without an image and without a reason",
                    "look into the engine's own log"}});
  }
  return BuildResult{
      .image_id = listener.image_id(), .cached_everything = all_cached(model.steps()), .warnings = model.warnings()};
}

// A remote context brings its own Dockerfile, which is found by its path in it.
engine::Parameters parameters_of(const CheckedRequest& checked) {
  const auto& request = checked.request;
  const auto name = request.remote.empty() ? checked.dockerfile.filename() : request.dockerfile;
  auto parameters = build_parameters(request, name.string());
  for (auto& host : host_parameters(request, false)) parameters.push_back(std::move(host));
  parameters.emplace_back("version", "2");
  parameters.emplace_back("remote", request.remote.empty() ? "client-session" : request.remote);
  return parameters;
}

}  // namespace

BuildOutcome build_with_buildkit(const engine::Client& client, const CheckedRequest& checked, const ProgressSink& sink,
                                 std::stop_token stop) {
  // Destroyed after the build's connection is closed: closing the session alone would leave a running step running.
  Warnings warnings;
  const auto session = Session::open(client, offer_for(checked, warnings), stop);
  if (!session) return std::unexpected(BuildError{session.error()});

  BuildKitListener listener(sink);
  engine::Call call{.method = "POST",
                    .path = engine::ApiPath("/build"),
                    .query = parameters_of(checked),
                    .on_data = [&](std::string_view bytes) { return listener.feed(bytes); },
                    .timeout = std::chrono::milliseconds(0)};
  call.query.emplace_back("session", session->id());
  const auto response = client.send(call, std::move(stop));
  if (!response && response.error().kind != ErrorKind::failed) return std::unexpected(BuildError{response.error()});
  listener.finish();
  for (const auto& text : warnings.take()) {
    if (sink) sink(BuildWarning{.digest = {}, .message = text, .detail = {}, .url = {}});
  }
  if (!response) return std::unexpected(build_error(checked.request, {}, response.error().message));
  return conclude(checked, listener);
}

}  // namespace saasctl::build
