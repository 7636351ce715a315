#include "build/acquire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <set>
#include <thread>

#include "build/inline_dockerfile.hpp"
#include "build/pull_policy.hpp"
#include "engine/auth.hpp"
#include "engine/images.hpp"
#include "util/guarded.hpp"

namespace saasctl::build {
namespace {

// On images made here: the mark that tells them from pulled ones.
constexpr auto built_label = "saasctl.built";
constexpr std::size_t most_at_once = 4;

struct Job {
  std::string image;
  const project::Service* service;
};

// One job an image, in the order of the services.
std::vector<Job> jobs_of(const project::Project& project, const AcquireOptions& options) {
  std::vector<Job> jobs;
  for (const auto& service : project.services) {
    const bool wanted =
        options.services.empty() || std::ranges::find(options.services, service.name) != options.services.end();
    const bool known = std::ranges::find(jobs, service.image, &Job::image) != jobs.end();
    const bool useful = service.build || options.what == Acquire::missing;
    if (wanted && !known && useful) jobs.push_back({service.image, &service});
  }
  return jobs;
}

using Outcome = std::expected<void, AcquireError>;

class Acquirer {
 public:
  Acquirer(const engine::Client& client, const project::Project& project, const AcquireOptions& options,
           const ImageSink& sink)
      : client_(client), project_(project), options_(options), sink_(sink) {}

  Outcome run(const Job& job, const std::stop_token& stop) {
    const auto found = engine::inspect_image(client_, job.image, stop);
    if (!found && found.error().fault != Fault::not_found) return failed(job, {found.error()});
    const auto& service = *job.service;
    const bool by_policy = service.spec.pull_policy == "build" && options_.what == Acquire::missing;
    const bool rebuild = options_.what == Acquire::build || options_.what == Acquire::update || by_policy;
    const bool pulled = found && service.pull_allowed && !found->labels.contains(built_label);
    const bool stale = pulled && options_.what == Acquire::missing && is_stale(service.spec, *found);
    const bool stays = !rebuild || !service.build || (pulled && options_.what == Acquire::update);
    if (found && stays && !stale) {
      sink_({job.image, ImageState::unchanged, pulled ? "is there" : "is there, built before"});
      return {};
    }
    const bool may_pull = service.pull_allowed && (!found || stale) && options_.what != Acquire::build &&
                          service.spec.pull_policy != "never" && service.spec.pull_policy != "build";
    std::string reason;
    if (may_pull) {
      const auto done = pull(job, stop);
      if (done) return {};
      const bool wanted = !found || service.spec.pull_policy == "always";
      const bool ends = done.error().fault == Fault::interrupted || done.error().fault == Fault::no_engine;
      if (ends || (wanted && !service.build)) return failed(job, {done.error()});
      if (found) {
        sink_({job.image, ImageState::unchanged, "is there, but could not be pulled again: " + done.error().message});
        return {};
      }
      reason = done.error().message;
    }
    if (!service.build) {
      return failed(
          job, {Error{Fault::not_found, fmt::format("{}: there is no image {}, and its pull_policy forbids to pull it",
                                                    service.name, job.image)}});
    }
    return build(job, reason, stop);
  }

 private:
  static bool is_stale(const stack::Service& spec, const engine::Image& image) {
    const auto age = longest_age(spec);
    return age && (!image.last_tagged || std::chrono::system_clock::now() - *image.last_tagged >= *age);
  }

  // The registry did not answer, which no other name will change. The words are those of Go's net package.
  static bool is_silent(const Error& error) {
    const auto says = [&](std::string_view words) { return error.message.find(words) != std::string::npos; };
    return error.fault == Fault::failed &&
           (says("dial tcp") || says("i/o timeout") || says("no such host") || says("TLS handshake") ||
            says("deadline exceeded") || says("Client.Timeout"));
  }

  Outcome failed(const Job& job, BuildError error) const {
    sink_({job.image, ImageState::failed, error.message.substr(0, error.message.find('\n'))});
    return std::unexpected(AcquireError{std::move(error), job.image});
  }

  // A registry that could not be reached once is not asked again in this run: each silent one costs many seconds.
  Result<void> pull(const Job& job, const std::stop_token& stop) {
    const auto host = engine::registry_host(job.image);
    if (const std::scoped_lock lock(registry_mutex_); unreachable_.contains(host)) {
      return failure(fmt::format("{} cannot be reached", host));
    }
    sink_({job.image, ImageState::working, "pulling"});
    engine::PullOptions pull;
    pull.platform = job.service->spec.platform.value_or("");
    if (!options_.docker_config.empty()) {
      auto credentials = engine::registry_credentials(options_.docker_config, host, stop);
      if (!credentials) return std::unexpected(credentials.error());
      pull.credentials = std::move(*credentials);
    }
    pull.progress = [&](const engine::PullProgress& progress) {
      const auto percent = progress.total > 0 ? fmt::format(" {}%", 100 * progress.current / progress.total) : "";
      sink_(
          {job.image, ImageState::working, fmt::format("pulling: {} {}{}", progress.layer, progress.status, percent)});
    };
    auto done = engine::pull_image(client_, job.image, pull, stop);
    if (done) {
      sink_({job.image, ImageState::done, "pulled"});
    } else if (is_silent(done.error())) {
      const std::scoped_lock lock(registry_mutex_);
      unreachable_.insert(host);
    }
    return done;
  }

  Outcome build(const Job& job, const std::string& reason, const std::stop_token& stop) {
    sink_({job.image, ImageState::working, reason.empty() ? "building" : "building, because it cannot be pulled"});
    const auto begun = std::chrono::steady_clock::now();
    const auto progress = [&](const Progress& event) {
      const auto* changed = std::get_if<StepChanged>(&event);
      if (!changed || changed->step.cached || changed->step.completed || !changed->step.started) return;
      sink_({job.image, ImageState::working, changed->step.name});
    };
    auto wanted = request(job);
    std::optional<InlineDockerfile> written;
    if (const auto& text = job.service->build->dockerfile_inline; !text.empty()) {
      auto file = InlineDockerfile::write(text);
      if (!file) return failed(job, {file.error()});
      wanted.dockerfile = written.emplace(std::move(*file)).path();
    }
    auto result = build_image(client_, wanted, progress, stop);
    if (!result) {
      if (!reason.empty() && !result.error().failure)
        result.error().hint = "it was built because the pull failed: " + reason;
      return failed(job, std::move(result.error()));
    }
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    sink_({job.image, result->cached_everything ? ImageState::unchanged : ImageState::done,
           result->cached_everything ? fmt::format("up to date ({:.1f}s)", seconds)
                                     : fmt::format("built in {:.1f}s", seconds)});
    return {};
  }

  BuildRequest request(const Job& job) const {
    const auto& service = *job.service;
    const auto& spec = *service.build;
    BuildRequest request;
    request.tags = {job.image};
    request.tags.insert(request.tags.end(), spec.tags.begin(), spec.tags.end());
    request.context = spec.context;
    request.dockerfile = spec.dockerfile;
    request.target = spec.target;
    request.args = spec.args;
    request.labels = spec.labels;
    request.labels[built_label] = "true";
    if (!service.pull_allowed) {
      request.labels["com.docker.compose.project"] = project_.name;
      request.labels["com.docker.compose.service"] = service.name;
    }
    for (const auto& [id, key] : spec.secrets) {
      const auto* secret = project_.find_secret(key);
      if (secret && secret->file) request.secrets[id] = {*secret->file, secret->generate != "none"};
    }
    request.cache_from = spec.cache_from;
    request.no_cache = options_.no_cache || spec.no_cache;
    request.pull = options_.pull_bases || spec.pull;
    request.network = spec.network;
    request.platform = spec.platform.empty() ? service.spec.platform.value_or("") : spec.platform;
    request.shm_size = spec.shm_size;
    for (const auto& [name, at, limit] : spec.ulimits)
      request.ulimits.push_back({name, limit.soft.value, limit.hard.value});
    request.extra_hosts = spec.extra_hosts;
    request.docker_config = options_.docker_config;
    return request;
  }

  const engine::Client& client_;
  const project::Project& project_;
  const AcquireOptions& options_;
  const ImageSink& sink_;
  std::mutex registry_mutex_;
  std::set<std::string> unreachable_;
};

}  // namespace

std::expected<void, AcquireError> acquire_images(const engine::Client& client, const project::Project& project,
                                                 const AcquireOptions& options, const ImageSink& sink,
                                                 std::stop_token stop) {
  const auto jobs = jobs_of(project, options);
  Acquirer acquirer(client, project, options, sink);
  std::mutex mutex;
  std::size_t next = 0;
  std::optional<AcquireError> first;
  std::stop_source all;
  const std::stop_callback outer(stop, [&all] { all.request_stop(); });
  const auto take = [&]() -> const Job* {
    const std::scoped_lock lock(mutex);
    return next == jobs.size() || all.stop_requested() ? nullptr : &jobs[next++];
  };
  const auto fail = [&](AcquireError error) {
    const std::scoped_lock lock(mutex);
    if (!first) first = std::move(error);
    all.request_stop();
  };
  const auto work = [&] {
    while (const auto* job = take()) {
      try {
        if (auto outcome = acquirer.run(*job, all.get_token()); !outcome) fail(std::move(outcome.error()));
      } catch (const std::exception& error) {
        fail({{exception_error(error)}, job->image});
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < std::min(most_at_once, jobs.size()); ++i) threads.emplace_back(work);
  }
  if (stop.stop_requested()) return std::unexpected(AcquireError{{{Fault::interrupted, "interrupted"}}, ""});
  if (first) return std::unexpected(std::move(*first));
  return {};
}

}  // namespace saasctl::build
