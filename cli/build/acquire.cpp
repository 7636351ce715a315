#include "build/acquire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <iterator>
#include <mutex>
#include <set>
#include <thread>

#include "build/build_call.hpp"
#include "build/build_order.hpp"
#include "build/builders.hpp"
#include "build/dockerfile.hpp"
#include "build/inline_dockerfile.hpp"
#include "build/pull_policy.hpp"
#include "build/service_request.hpp"
#include "build/step_view.hpp"
#include "build/unsupported.hpp"
#include "engine/auth.hpp"
#include "engine/images.hpp"
#include "util/guarded.hpp"
#include "util/text.hpp"

namespace saasctl::build {
namespace {

constexpr std::size_t most_at_once = 64;         // BuildKit shares its work out itself
constexpr std::size_t most_classic_at_once = 4;  // Podman does not

struct Job {
  std::string image;
  const project::Service* service;
  bool wanted = true;      // false: got only when another build stands on it
  std::string other = {};  // a service that has another build for the same image
};

bool same_build(const project::Service& a, const project::Service& b) {
  const auto written = [](const project::Service& service) {
    return stack::build_form().write(*service.spec.build, declare::Style::canonical);
  };
  return written(a) == written(b);
}

// One job an image, in the order of the services; of the services with one image the first that builds it has the say.
std::vector<Job> jobs_of(const project::Project& project, const AcquireOptions& options) {
  std::vector<Job> jobs;
  const auto add = [&](const project::Service& service, bool wanted) {
    const auto known = std::ranges::find(jobs, service.image, &Job::image);
    if (known == jobs.end()) {
      jobs.push_back({service.image, &service, wanted});
    } else if (service.build && !known->service->build) {
      known->service = &service;
    } else if (service.build && wanted && !same_build(service, *known->service)) {
      known->other = service.name;
    }
  };
  const auto is_wanted = [&](const project::Service& service) {
    return options.services.empty() || std::ranges::find(options.services, service.name) != options.services.end();
  };
  for (const auto& service : project.services) {
    if (is_wanted(service) && (service.build || options.what == Acquire::missing)) add(service, true);
  }
  for (const auto& service : project.services) {
    if (service.build && !is_wanted(service)) add(service, false);
  }
  // After those that may build the same images.
  for (const auto& service : project.services) {
    if (!is_wanted(service) || options.what != Acquire::missing) continue;
    for (const auto& step : service.pre_start) add(step, true);
  }
  return jobs;
}

// Its tags and the images that its Dockerfile names.
OrderedBuild ordered(const Job& job) {
  OrderedBuild out{.name = job.service->name, .tags = {job.image}, .bases = {}};
  if (!job.service->build) return out;
  const auto& build = *job.service->build;
  out.tags.insert(out.tags.end(), build.tags.begin(), build.tags.end());
  auto text = build.dockerfile_inline;
  if (text.empty() && build.remote.empty())
    text = read_file(find_dockerfile(build.context, build.dockerfile), dockerfile_kind).value_or("");
  out.bases = images_of(parse_dockerfile(text), build.args);
  return out;
}

using Outcome = std::expected<void, AcquireError>;

class Acquirer {
 public:
  Acquirer(const engine::Client& client, const project::Project& project, const AcquireOptions& options,
           const ImageSink& sink)
      : client_(client), project_(project), options_(options), sink_(sink), jobs_(jobs_of(project, options)) {
    slots_.resize(jobs_.size());
  }

  const std::vector<Job>& jobs() const { return jobs_; }

  // Checks what is certain to be built before anything begins.
  Outcome check(const std::stop_token& stop) const {
    std::vector<const project::Service*> built;
    for (const auto& job : jobs_) {
      const auto& service = *job.service;
      if (!job.wanted || !service.build) continue;
      const bool certain = is_built_anyway(service);
      if (certain || is_built_for_want(job, stop)) built.push_back(&service);
      if (!certain) continue;
      if (const auto able = check_builder_can(service, client_.has_buildkit()); !able)
        return std::unexpected(AcquireError{{able.error()}, job.image, service.name});
    }
    if (const auto known = check_build_secrets(project_, built); !known)
      return std::unexpected(AcquireError{{known.error()}});
    return {};
  }

  // The next job that was asked for and that nobody has begun; its number.
  std::optional<std::size_t> next() {
    const std::scoped_lock lock(slots_mutex_);
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (jobs_[i].wanted && slots_[i].state == SlotState::idle) return i;
    }
    return std::nullopt;
  }

  // Does a job once, whoever needs it first; everyone else waits for its end.
  Outcome ensure(std::size_t index, const std::stop_token& stop) {
    auto& slot = slots_[index];
    {
      std::unique_lock lock(slots_mutex_);
      if (slot.state != SlotState::idle) {
        const bool ended = slot_ended_.wait(lock, stop, [&] { return slot.state == SlotState::ended; });
        return ended ? slot.outcome : std::unexpected(AcquireError{{{ErrorKind::interrupted, "interrupted"}}});
      }
      slot.state = SlotState::running;
    }
    auto outcome = run_guarded(jobs_[index], stop);
    const std::scoped_lock lock(slots_mutex_);
    slot.state = SlotState::ended;
    slot.outcome = outcome;
    slot_ended_.notify_all();
    return outcome;
  }

 private:
  enum class SlotState { idle, running, ended };
  struct Slot {
    SlotState state = SlotState::idle;
    Outcome outcome = {};
  };

  bool is_built_anyway(const project::Service& service) const {
    return options_.what == Acquire::build || (options_.what == Acquire::update && !service.pull_allowed) ||
           service.spec.pull_policy == "build";
  }

  // The image is missing and cannot be pulled. Only a build with secrets is worth the question to the engine.
  bool is_built_for_want(const Job& job, const std::stop_token& stop) const {
    const auto& service = *job.service;
    if (service.build->secrets.empty() || (service.pull_allowed && service.spec.pull_policy != "never")) return false;
    const auto found = engine::inspect_image(client_, job.image, stop);
    return !found && found.error().kind == ErrorKind::not_found;
  }

  Outcome run_guarded(const Job& job, const std::stop_token& stop) {
    try {
      return run(job, stop);
    } catch (const std::exception& error) {
      return failed(job, {exception_error(error)});
    }
  }

  // A label of an image that was pushed comes back with it; a pulled image has no time of tagging, as far as the engine
  // keeps one.
  bool is_built_here(const engine::Image& image) const {
    return image.labels.contains(built_label) && (image.digests.empty() || image.last_tagged || client_.is_podman());
  }

  Outcome run(const Job& job, const std::stop_token& stop) {
    const auto found = engine::inspect_image(client_, job.image, stop);
    if (!found && found.error().kind != ErrorKind::not_found) return failed(job, {found.error()});
    const auto& service = *job.service;
    const auto what = job.wanted || options_.what == Acquire::missing ? options_.what : Acquire::update;
    const bool by_policy = service.spec.pull_policy == "build" && what == Acquire::missing;
    const bool rebuild = what == Acquire::build || what == Acquire::update || by_policy;
    const bool pulled = found && service.pull_allowed && !is_built_here(*found);
    const bool stale = pulled && what == Acquire::missing && is_stale(service.spec, *found);
    const bool stays = !rebuild || !service.build || (pulled && what == Acquire::update);
    if (found && stays && !stale) {
      sink_(ImageEvent{job.image, ImageState::unchanged, pulled ? "is there" : "is there, built before"});
      return {};
    }
    const bool may_pull = service.pull_allowed && (!found || stale) && what != Acquire::build &&
                          service.spec.pull_policy != "never" && service.spec.pull_policy != "build";
    std::string reason;
    if (may_pull) {
      const auto done = pull(job, stop);
      if (done) return {};
      const bool wanted = !found || service.spec.pull_policy == "always";
      const bool ends = done.error().kind == ErrorKind::interrupted || done.error().kind == ErrorKind::no_engine;
      if (ends || (wanted && !service.build)) return failed(job, {done.error()});
      if (found) {
        sink_(ImageEvent{job.image, ImageState::unchanged,
                         "is there, but could not be pulled again: " + done.error().message});
        return {};
      }
      reason = done.error().message;
    }
    if (!service.build) {
      return failed(job, {Error{ErrorKind::not_found,
                                fmt::format("{}: image {} does not exist, and its pull_policy forbids pulling it",
                                            service.name, job.image)}});
    }
    return build(job, reason, stop);
  }

  static bool is_stale(const stack::Service& spec, const engine::Image& image) {
    const auto age = longest_age(spec);
    return age && (!image.last_tagged || std::chrono::system_clock::now() - *image.last_tagged >= *age);
  }

  // The registry did not answer, which no other name will change. The words are those of Go's net package.
  static bool is_silent(const Error& error) {
    const auto says = [&](std::string_view words) { return error.message.find(words) != std::string::npos; };
    return error.kind == ErrorKind::failed &&
           (says("dial tcp") || says("i/o timeout") || says("no such host") || says("TLS handshake") ||
            says("deadline exceeded") || says("Client.Timeout"));
  }

  Outcome failed(const Job& job, BuildError error) const {
    sink_(ImageEvent{job.image, ImageState::failed, error.message.substr(0, error.message.find('\n'))});
    return std::unexpected(AcquireError{std::move(error), job.image, job.service->name});
  }

  // A registry that could not be reached once is not asked again in this run: each silent one costs many seconds.
  Result<void> pull(const Job& job, const std::stop_token& stop) {
    const auto host = engine::registry_host(job.image);
    if (const std::scoped_lock lock(registry_mutex_); unreachable_.contains(host)) {
      return failure(fmt::format("{} cannot be reached", host));
    }
    sink_(ImageEvent{job.image, ImageState::working, "pulling"});
    engine::PullOptions pull;
    pull.platform = job.service->spec.platform.value_or("");
    if (!options_.docker_config.empty()) {
      auto credentials = engine::registry_credentials(options_.docker_config, host, stop);
      if (!credentials) return std::unexpected(credentials.error());
      pull.credentials = std::move(*credentials);
    }
    pull.progress = [&](const engine::PullProgress& progress) {
      const auto percent = progress.total > 0 ? fmt::format(" {}%", 100 * progress.current / progress.total) : "";
      sink_(ImageEvent{job.image, ImageState::working,
                       fmt::format("pulling: {} {}{}", progress.layer, progress.status, percent)});
    };
    auto done = engine::pull_image(client_, job.image, pull, stop);
    if (done) {
      sink_(ImageEvent{job.image, ImageState::done, "pulled"});
    } else if (is_silent(done.error())) {
      const std::scoped_lock lock(registry_mutex_);
      unreachable_.insert(host);
    }
    return done;
  }

  const BuildOrder& order() {
    const std::scoped_lock lock(order_mutex_);
    if (!order_) {
      std::vector<OrderedBuild> builds;
      std::ranges::transform(jobs_, std::back_inserter(builds), ordered);
      order_ = order_builds(builds);
    }
    return *order_;
  }

  // The images that the Dockerfile names and that are built here come first.
  Outcome get_bases(const Job& job, const std::stop_token& stop) {
    const auto index = static_cast<std::size_t>(&job - jobs_.data());
    const auto& order = this->order();
    if (const auto& cycle = order.cycles[index]; !cycle.empty()) {
      return failed(job, {{ErrorKind::usage,
                           fmt::format("{}: the builds stand on each other in a circle: {}", job.service->name, cycle),
                           "let one of the Dockerfiles name another image"}});
    }
    for (const auto base : order.bases[index]) {
      if (auto done = ensure(base, stop); !done) return done;
    }
    return {};
  }

  void warn(const Job& job, const BuildRequest& wanted) const {
    const auto say = [&](std::string text) { sink_(ImageWarning{job.image, std::move(text)}); };
    if (!job.other.empty()) {
      say(fmt::format("services {} and {} build this image in different ways: that of {} is used", job.service->name,
                      job.other, job.service->name));
    }
    for (const auto& entry : parse_cache_from(job.service->build->cache_from).without_effect)
      say(fmt::format("cache_from '{}' has no effect: the engine's own builder reads caches of registries only",
                      entry));
    if (!client_.has_buildkit()) return;
    for (auto& text : without_effect(wanted, client_.api_version())) say(std::move(text));
  }

  Outcome build(const Job& job, const std::string& reason, const std::stop_token& stop) {
    if (const auto able = check_builder_can(*job.service, client_.has_buildkit()); !able)
      return failed(job, {able.error()});
    if (auto bases = get_bases(job, stop); !bases) return bases;
    sink_(ImageEvent{job.image, ImageState::working,
                     reason.empty() ? "building" : "building, because it cannot be pulled"});
    const auto begun = std::chrono::steady_clock::now();
    auto wanted = request_for(project_, *job.service, {options_.no_cache, options_.pull_bases, options_.docker_config});
    if (!wanted) return failed(job, {wanted.error()});
    std::optional<InlineDockerfile> written;
    if (const auto& text = job.service->build->dockerfile_inline; !text.empty()) {
      auto file = InlineDockerfile::write(text);
      if (!file) return failed(job, {file.error()});
      wanted->dockerfile = written.emplace(std::move(*file)).path();
      wanted->dockerfile_name = "dockerfile_inline";
    }
    warn(job, *wanted);
    StepView view(job.image, sink_);
    auto result = build_image(
        client_, *wanted, [&](const Progress& event) { view.take(event); }, stop);
    if (!result) {
      if (!reason.empty() && !result.error().failure)
        result.error().hint = "it was built because the pull failed: " + reason;
      return failed(job, std::move(result.error()));
    }
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    sink_(ImageEvent{job.image, result->cached_everything ? ImageState::unchanged : ImageState::done,
                     result->cached_everything ? fmt::format("up to date ({:.1f}s)", seconds)
                                               : fmt::format("built in {:.1f}s", seconds)});
    return {};
  }

  const engine::Client& client_;
  const project::Project& project_;
  const AcquireOptions& options_;
  const ImageSink& sink_;
  std::vector<Job> jobs_;
  std::mutex slots_mutex_;
  std::condition_variable_any slot_ended_;
  std::vector<Slot> slots_;
  std::mutex order_mutex_;
  std::optional<BuildOrder> order_;
  std::mutex registry_mutex_;
  std::set<std::string> unreachable_;
};

// How many images at once. Source: Docker Compose, COMPOSE_PARALLEL_LIMIT; -1 and 0: no limit of the user's.
Result<std::size_t> parallel_limit(const engine::Client& client, const project::Project& project) {
  const auto own = client.has_buildkit() ? most_at_once : most_classic_at_once;
  const auto text = variable(project, "COMPOSE_PARALLEL_LIMIT");
  if (text.empty()) return own;
  const bool negative = text.starts_with('-');
  const auto number = parse_integer(std::string_view(text).substr(negative ? 1 : 0));
  if (!number)
    return failure(ErrorKind::usage, fmt::format("COMPOSE_PARALLEL_LIMIT is '{}', not a number", text),
                   "write a number");
  return negative || *number == 0 ? own : static_cast<std::size_t>(*number);
}

}  // namespace

std::expected<void, AcquireError> acquire_images(const engine::Client& client, const project::Project& project,
                                                 const AcquireOptions& options, const ImageSink& sink,
                                                 std::stop_token stop) {
  const auto limit = parallel_limit(client, project);
  if (!limit) return std::unexpected(AcquireError{{limit.error()}});
  Acquirer acquirer(client, project, options, sink);
  if (auto checked = acquirer.check(stop); !checked) return checked;
  std::mutex mutex;
  std::optional<AcquireError> first;
  std::stop_source all;
  const std::stop_callback outer(stop, [&all] { all.request_stop(); });
  const auto fail = [&](AcquireError error) {
    const std::scoped_lock lock(mutex);
    if (!first) first = std::move(error);
    all.request_stop();
  };
  const auto work = [&] {
    try {
      for (auto job = acquirer.next(); job && !all.stop_requested(); job = acquirer.next()) {
        if (auto outcome = acquirer.ensure(*job, all.get_token()); !outcome) fail(std::move(outcome.error()));
      }
    } catch (const std::exception& error) {
      fail({{exception_error(error)}});
    }
  };
  const auto wanted = static_cast<std::size_t>(std::ranges::count(acquirer.jobs(), true, &Job::wanted));
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < std::min(*limit, wanted); ++i) threads.emplace_back(work);
  }
  if (stop.stop_requested()) return std::unexpected(AcquireError{{{ErrorKind::interrupted, "interrupted"}}});
  if (first) return std::unexpected(std::move(*first));
  return {};
}

}  // namespace saasctl::build
