#include <fmt/format.h>

#include "build/build_call.hpp"
#include "build/builders.hpp"
#include "build/session.hpp"
#include "engine/json.hpp"
#include "engine/json_lines.hpp"
#include "util/digest.hpp"

namespace saasctl::build {
namespace {

SessionOffer offer_for(const CheckedRequest& checked) {
  SessionOffer offer{.folders = {{"context", checked.context}, {"dockerfile", checked.dockerfile.parent_path()}},
                     .secrets = {},
                     .docker_config = checked.request.docker_config};
  for (const auto& [id, secret] : checked.request.secrets) offer.secrets.emplace(id, secret.file);
  return offer;
}

// What the engine says while it builds.
class Listener {
 public:
  explicit Listener(const ProgressSink& sink) : model_(sink), lines_([this](const auto& line) { return take(line); }) {}

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

BuildOutcome conclude(const BuildRequest& request, Listener& listener) {
  listener.finish();
  if (listener.broken()) return std::unexpected(BuildError{*listener.broken()});
  const auto& model = listener.model();
  if (!listener.error().empty()) {
    const Step* step = model.failed_step();
    if (step == nullptr) return std::unexpected(build_error(request, {}, {}, listener.error()));
    return std::unexpected(build_error(request, step->name, model.last_lines(step->digest), listener.error()));
  }
  if (listener.image_id().empty()) {
    return std::unexpected(
        BuildError{{Fault::failed, "the engine ended the build without an image and without a reason",
                    "look into the engine's own log"}});
  }
  return BuildResult{
      .image_id = listener.image_id(), .cached_everything = all_cached(model.steps()), .warnings = model.warnings()};
}

}  // namespace

BuildOutcome build_with_buildkit(const engine::Client& client, const CheckedRequest& checked, const ProgressSink& sink,
                                 std::stop_token stop) {
  // Destroyed after the build's connection is closed: closing the session alone would leave a running step running.
  const auto session = Session::open(client, offer_for(checked), stop);
  if (!session) return std::unexpected(BuildError{session.error()});

  Listener listener(sink);
  engine::Call call{.method = "POST",
                    .path = engine::ApiPath("/build"),
                    .query = build_parameters(checked.request, checked.dockerfile.filename().string()),
                    .on_data = [&](std::string_view bytes) { return listener.feed(bytes); },
                    .timeout = std::chrono::milliseconds(0)};
  call.query.emplace_back("version", "2");
  call.query.emplace_back("remote", "client-session");
  call.query.emplace_back("session", session->id());
  const auto response = client.send(call, std::move(stop));
  if (!response && response.error().fault != Fault::failed) return std::unexpected(BuildError{response.error()});
  if (!response) return std::unexpected(build_error(checked.request, {}, {}, response.error().message));
  return conclude(checked.request, listener);
}

}  // namespace saasctl::build
