#include <fmt/format.h>

#include <algorithm>

#include "build/build_call.hpp"
#include "build/builders.hpp"
#include "build/dockerfile.hpp"
#include "build/tar.hpp"
#include "engine/auth.hpp"
#include "engine/images.hpp"
#include "engine/json.hpp"
#include "engine/json_lines.hpp"
#include "util/input.hpp"
#include "util/text.hpp"

namespace saasctl::build {
namespace {

constexpr std::string_view outside_name = ".saasctl.dockerfile";

// Turns the builder's words into steps: "STEP 2/5: RUN make" (Podman) or "Step 2/5 : RUN make" (Docker) begins one, the
// lines after it are its output.
class ClassicListener {
 public:
  explicit ClassicListener(const ProgressSink& sink)
      : sink_(sink), lines_([this](const auto& line) { return take(line); }) {}

  bool feed(std::string_view bytes) {
    auto fed = lines_.feed(bytes);
    if (!fed) broken_ = std::move(fed.error());
    return !broken_;
  }

  void end_step(std::string error) {
    if (step_.name.empty()) return;
    note_cache();
    step_.completed = now();
    step_.error = std::move(error);
    if (sink_) sink_(StepChanged{step_});
  }

  const std::string& step() const { return step_.name; }
  const std::vector<std::string>& output() const { return output_; }
  const std::string& image_id() const { return image_id_; }
  const std::string& error() const { return error_; }
  const std::optional<Error>& broken() const { return broken_; }
  bool all_cached() const { return all_cached_; }

 private:
  static Timestamp now() { return std::chrono::time_point_cast<Timestamp::duration>(std::chrono::system_clock::now()); }

  bool take(const nlohmann::json& line) {
    if (auto error = error_of(line)) error_ = std::move(*error);
    if (const auto aux = line.find("aux"); aux != line.end() && aux->is_object()) {
      if (auto id = engine::detail::text(*aux, "ID"); !id.empty()) image_id_ = std::move(id);
    }
    partial_ += engine::detail::text(line, "stream");
    for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n')) {
      take_words(partial_.substr(0, end));
      partial_.erase(0, end + 1);
    }
    return true;
  }

  void take_words(const std::string& words) {
    if (to_lower(words.substr(0, 5)) == "step ") return begin_step(words);
    if (step_.name.empty() || words.empty()) return;
    if (words.find("Using cache") != std::string::npos) {
      step_.cached = true;
      return;
    }
    if (sink_) sink_(StepOutput{.digest = step_.digest, .standard_error = false, .line = words});
    output_.push_back(words);
    if (output_.size() > ProgressModel::kept_lines) output_.erase(output_.begin());
  }

  void begin_step(const std::string& words) {
    end_step({});
    const auto colon = words.find(':');
    step_ = Step{.digest = words.substr(0, colon),
                 .name = words,
                 .cached = false,
                 .started = now(),
                 .completed = {},
                 .error = {}};
    output_.clear();
    if (sink_) sink_(StepChanged{step_});
  }

  void note_cache() {
    const bool makes_layers = step_.name.find("RUN ") != std::string::npos ||
                              step_.name.find("COPY ") != std::string::npos ||
                              step_.name.find("ADD ") != std::string::npos;
    if (makes_layers && !step_.cached) all_cached_ = false;
  }

  const ProgressSink& sink_;
  engine::JsonLines lines_;
  std::string partial_;
  Step step_;
  std::vector<std::string> output_;
  std::string image_id_;
  std::string error_;
  std::optional<Error> broken_;
  bool all_cached_ = true;
};

// The Dockerfile's name inside of the tar: its path in the context, or a name of ours when it lies outside.
struct NameInTar {
  std::string name;
  bool outside;
};

NameInTar name_in_tar(const CheckedRequest& checked) {
  const auto relative = checked.dockerfile.lexically_relative(checked.context).string();
  const bool outside = relative.empty() || relative == ".." || relative.starts_with("../");
  if (!outside) return {relative, false};
  // A file of the context that has our name would come later in the archive and take its place.
  std::string name(outside_name);
  std::error_code error;
  while (std::filesystem::exists(std::filesystem::symlink_status(checked.context / name, error))) name += "_";
  return {name, true};
}

Result<TarStream> make_tar(const CheckedRequest& checked, const NameInTar& dockerfile) {
  auto patterns = read_ignore_patterns(checked.context, checked.dockerfile);
  if (!patterns) return std::unexpected(std::move(patterns.error()));
  auto filter = classic_filter(std::move(*patterns), dockerfile.name);
  if (!filter) return std::unexpected(std::move(filter.error()));
  TarStream tar(checked.context, std::move(*filter));
  if (dockerfile.outside) {
    auto content = read_file(checked.dockerfile, dockerfile_kind);
    if (!content) return std::unexpected(std::move(content.error()));
    tar.add_file(dockerfile.name, std::move(*content));
  }
  return tar;
}

BuildOutcome conclude(const engine::Client& client, const CheckedRequest& checked, ClassicListener& listener,
                      std::stop_token stop) {
  const auto& request = checked.request;
  if (listener.broken()) return std::unexpected(BuildError{*listener.broken()});
  if (!listener.error().empty()) {
    listener.end_step(listener.error());
    const auto dockerfile = read_file(checked.dockerfile, dockerfile_kind);
    return std::unexpected(
        build_error(request, {listener.step(), listener.output(), {}}, listener.error(), dockerfile.value_or("")));
  }
  listener.end_step({});
  BuildResult result{.image_id = listener.image_id(), .cached_everything = listener.all_cached(), .warnings = {}};
  if (!request.tags.empty()) {
    const auto image = engine::inspect_image(client, request.tags.front(), std::move(stop));
    if (!image) return std::unexpected(BuildError{image.error()});
    result.image_id = image->id;
  }
  return result;
}

}  // namespace

BuildOutcome build_classic(const engine::Client& client, const CheckedRequest& checked, const ProgressSink& sink,
                           std::stop_token stop) {
  // One that need not be there and is not changes nothing.
  const auto is_given = [](const auto& secret) {
    std::error_code error;
    return secret.second.required || secret.second.content || std::filesystem::exists(secret.second.file, error);
  };
  if (std::ranges::any_of(checked.request.secrets, is_given)) {
    return std::unexpected(BuildError{{ErrorKind::failed, "this engine's builder takes no build secrets over its API",
                                       "build on a Docker Engine, which has BuildKit"}});
  }
  if (!checked.request.remote.empty() || !checked.request.ssh.empty()) {
    return std::unexpected(BuildError{
        {ErrorKind::failed, "this engine's builder takes neither contexts at a URL nor SSH agents over its API",
         "build on a Docker Engine, which has BuildKit"}});
  }
  const auto dockerfile = name_in_tar(checked);
  auto tar = make_tar(checked, dockerfile);
  if (!tar) return std::unexpected(BuildError{tar.error()});

  ClassicListener listener(sink);
  auto parameters = build_parameters(checked.request, dockerfile.name);
  for (auto& host : host_parameters(checked.request, client.is_podman())) parameters.push_back(std::move(host));
  const engine::Call call{.method = "POST",
                          .path = engine::ApiPath("/build"),
                          .query = std::move(parameters),
                          .headers = {{"Content-Type", "application/x-tar"}},
                          .upload = [&](std::span<char> buffer) { return tar->read(buffer); },
                          .on_data = [&](std::string_view bytes) { return listener.feed(bytes); },
                          .timeout = std::chrono::milliseconds(0)};
  const auto response = client.send(call, stop);
  if (!response && response.error().kind != ErrorKind::failed) return std::unexpected(BuildError{response.error()});
  if (!response) return std::unexpected(build_error(checked.request, {}, response.error().message));
  return conclude(client, checked, listener, std::move(stop));
}

}  // namespace saasctl::build
