#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "engine/events.hpp"
#include "engine/logs.hpp"
#include "logs/log_sources.hpp"
#include "plan/labels.hpp"
#include "util/guarded.hpp"
#include "util/text.hpp"

namespace saasctl::logs {
namespace {

// A restart or an `up` that makes a container anew takes some time between two runs.
constexpr std::chrono::seconds grace{10};

class Follower {
 public:
  Follower(const engine::Client& client, const FollowOptions& options, const LogPrinter& print, std::stop_token outer)
      : client_(client),
        options_(options),
        print_(print),
        outer_(std::move(outer)),
        forward_(outer_, Forward{&all_}),
        listener_([this] { listen(); }) {}
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;
  ~Follower() { all_.request_stop(); }

  // Until the engine sends events. Error: it does not.
  Result<void> await_events() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, all_.get_token(), [&] { return listening_ || error_; });
    if (error_) return std::unexpected(*error_);
    if (!listening_) return failure(ErrorKind::interrupted, "interrupted");
    return {};
  }

  // What has been read up to its cursor already.
  void add(const std::vector<ListedSource>& listed) {
    const std::scoped_lock lock(mutex_);
    for (const auto& [source, is_up] : listed) {
      auto& followed = sources_[source.id];
      followed.source = source;
      followed.since = options_.range.since;
      if (is_up) enqueue(followed);
    }
  }

  Result<void> run() {
    bool ever = false;
    while (auto* next = take(ever ? grace : std::chrono::seconds(0))) {
      ever = true;
      next->thread = std::jthread([this, next] { read(*next); });  // its earlier thread has ended
    }
    all_.request_stop();
    const std::scoped_lock lock(mutex_);
    if (error_) return std::unexpected(*error_);
    if (outer_.stop_requested()) return failure(ErrorKind::interrupted, "interrupted");
    return {};
  }

 private:
  struct Forward {
    std::stop_source* to;
    void operator()() const noexcept { to->request_stop(); }
  };

  struct Followed {
    LogSource source;
    std::optional<engine::Timestamp> since;
    bool waiting = false;  // to be read
    bool reading = false;
    bool again = false;  // started once more while it was being read
    std::jthread thread;
  };

  void enqueue(Followed& followed) {
    if (followed.waiting) return;
    followed.waiting = true;
    queue_.push_back(&followed);
    changed_.notify_all();
  }

  // The next log to read; nothing when all is over.
  Followed* take(std::chrono::seconds patience) {
    std::unique_lock lock(mutex_);
    for (;;) {
      const bool idle = reading_ == 0;
      const auto changed = [&] { return !queue_.empty() || error_ || ended_ || (reading_ == 0) != idle; };
      bool heard = true;
      if (idle)
        heard = changed_.wait_for(lock, all_.get_token(), patience, changed);
      else
        changed_.wait(lock, all_.get_token(), changed);
      if (all_.stop_requested() || error_ || ended_) return nullptr;
      if (!queue_.empty()) break;
      if (idle && !heard) return nullptr;
    }
    auto* next = queue_.front();
    queue_.pop_front();
    next->waiting = false;
    next->reading = true;
    ++reading_;
    return next;
  }

  void read(Followed& followed) {
    auto& source = followed.source;
    source.cursor.reopen();
    const engine::LogOptions options{.follow = true,
                                     .tail = std::nullopt,
                                     .since = source.cursor.since() ? source.cursor.since() : followed.since,
                                     .until = options_.range.until};
    const auto sink = [&](const engine::LogLine& line) {
      if (!source.cursor.fresh(line.time)) return true;
      const std::scoped_lock lock(printing_);
      return !ended_ && print(source, line);
    };
    const auto done = guarded([&] { return engine::read_logs(client_, source.id, options, sink, all_.get_token()); });
    const std::scoped_lock lock(mutex_);
    // A container may be removed, and a driver may keep no log, while all others are read on.
    const bool serious =
        !done && (done.error().kind == ErrorKind::no_engine || done.error().kind == ErrorKind::timeout);
    if (serious && !error_) error_ = done.error();
    followed.reading = false;
    --reading_;
    if (std::exchange(followed.again, false)) enqueue(followed);
    changed_.notify_all();
  }

  bool print(const LogSource& source, const engine::LogLine& line) {
    if (print_(source, line.time, line.text)) return true;
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    changed_.notify_all();
    return false;
  }

  void listen() {
    const engine::EventFilter filter{.types = {"container"},
                                     .actions = {"start"},
                                     .labels = {std::string(plan::label::project) + "=" + options_.project}};
    const auto sink = [&](const engine::Event& event) {
      started(event);
      return true;
    };
    const auto open = [&] {
      const std::scoped_lock lock(mutex_);
      listening_ = true;
      changed_.notify_all();
    };
    const auto now = std::chrono::system_clock::now();
    const auto done =
        guarded([&] { return engine::subscribe_events(client_, filter, now, sink, all_.get_token(), open); });
    const std::scoped_lock lock(mutex_);
    if (!done && done.error().kind != ErrorKind::interrupted && !error_) error_ = done.error();
    changed_.notify_all();
  }

  void started(const engine::Event& event) {
    const std::scoped_lock lock(mutex_);
    auto found = sources_.find(event.id);
    if (found == sources_.end()) {
      const auto value = [&](std::string_view key) {
        const auto attribute = event.attributes.find(std::string(key));
        return attribute == event.attributes.end() ? std::string() : attribute->second;
      };
      const auto service = value(plan::label::service);
      const auto& wanted = options_.services;
      const bool named = wanted.empty() || std::ranges::find(wanted, service) != wanted.end();
      if (!named || value(plan::label::one_off) == "True" || !value(plan::label::hook).empty()) return;
      found = sources_.try_emplace(event.id).first;
      const auto number = parse_integer(value(plan::label::container_number)).value_or(1);
      found->second.source = {event.id, service, static_cast<int>(number)};
    }
    if (found->second.reading)
      found->second.again = true;
    else
      enqueue(found->second);
  }

  const engine::Client& client_;
  const FollowOptions& options_;
  const LogPrinter& print_;
  std::stop_token outer_;
  std::stop_source all_;
  std::stop_callback<Forward> forward_;
  std::mutex printing_;
  std::mutex mutex_;  // of everything below
  std::condition_variable_any changed_;
  std::deque<Followed*> queue_;
  std::size_t reading_ = 0;
  bool listening_ = false;
  std::atomic<bool> ended_ = false;  // by the printer
  std::optional<Error> error_;
  std::map<std::string, Followed> sources_;  // by id; with the threads, which use what stands above
  std::jthread listener_;
};

}  // namespace

Result<void> follow_logs(const engine::Client& client, const FollowOptions& options,
                         const std::function<Result<std::vector<ListedSource>>()>& list, const LogPrinter& print,
                         const Warn& warn, std::stop_token stop) {
  Follower follower(client, options, print, stop);
  if (auto open = follower.await_events(); !open) return open;
  auto listed = list();
  if (!listed) return std::unexpected(listed.error());
  std::vector<LogSource> sources;
  for (const auto& one : *listed) sources.push_back(one.source);
  bool more = true;
  const auto watched = [&](const LogSource& source, std::optional<engine::Timestamp> time, std::string_view text) {
    return more = print(source, time, text);
  };
  if (auto read = read_history(client, sources, options.range, watched, warn, stop); !read || !more) return read;
  for (std::size_t i = 0; i < sources.size(); ++i) (*listed)[i].source = std::move(sources[i]);
  follower.add(*listed);
  return follower.run();
}

}  // namespace saasctl::logs
