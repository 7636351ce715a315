#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "engine/logs.hpp"
#include "logs/log_sources.hpp"
#include "util/guarded.hpp"

namespace saasctl::logs {
namespace {

struct Line {
  std::optional<engine::Timestamp> time;
  std::string text;
};

// Several streams of lines, each in the order of its times, as one. A reader that is ahead waits.
class Merge {
 public:
  explicit Merge(std::size_t streams) : streams_(streams) {}

  // False when nobody wants more.
  bool push(std::size_t stream, Line line) {
    std::unique_lock lock(mutex_);
    auto& own = streams_[stream];
    changed_.wait(lock, [&] { return over_ || own.lines.size() < most_lines; });
    if (over_) return false;
    own.lines.push_back(std::move(line));
    if (own.lines.size() == 1) changed_.notify_all();
    return true;
  }

  void close(std::size_t stream) {
    const std::scoped_lock lock(mutex_);
    streams_[stream].open = false;
    changed_.notify_all();
  }

  // The oldest line of all and its stream; nothing when every stream has ended.
  std::optional<std::pair<std::size_t, Line>> next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return known(); });
    std::optional<std::size_t> oldest;
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      if (streams_[i].lines.empty()) continue;
      if (!oldest || streams_[i].lines.front().time < streams_[*oldest].lines.front().time) oldest = i;
    }
    if (!oldest) return std::nullopt;
    auto& lines = streams_[*oldest].lines;
    auto line = std::move(lines.front());
    lines.pop_front();
    if (lines.size() == most_lines - 1) changed_.notify_all();
    return std::pair(*oldest, std::move(line));
  }

  void end() {
    const std::scoped_lock lock(mutex_);
    over_ = true;
    changed_.notify_all();
  }

 private:
  static constexpr std::size_t most_lines = 512;

  struct Stream {
    std::deque<Line> lines;
    bool open = true;
  };

  // Whether the oldest line is known: no stream is open and empty.
  bool known() const {
    for (const auto& stream : streams_) {
      if (stream.open && stream.lines.empty()) return false;
    }
    return true;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Stream> streams_;
  bool over_ = false;
};

}  // namespace

Result<void> read_history(const engine::Client& client, std::vector<LogSource>& sources, const LogRange& range,
                          const LogPrinter& print, const Warn& warn, std::stop_token stop) {
  // With a tail of nothing the last line is looked at all the same: it tells where to read on.
  const bool silent = range.tail == 0U;
  const engine::LogOptions options{
      .follow = false, .tail = silent ? 1U : range.tail, .since = range.since, .until = range.until};
  Merge merge(sources.size());
  std::vector<Result<void>> outcomes(sources.size());
  bool go_on = true;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      threads.emplace_back([&, i] {
        const auto sink = [&](const engine::LogLine& line) {
          return merge.push(i, {line.time, std::string(line.text)});
        };
        outcomes[i] = guarded([&] { return engine::read_logs(client, sources[i].id, options, sink, stop); });
        merge.close(i);
      });
    }
    while (go_on) {
      const auto next = merge.next();
      if (!next) break;
      auto& source = sources[next->first];
      source.cursor.fresh(next->second.time);
      if (!silent) go_on = print(source, next->second.time, next->second.text);
    }
    merge.end();
  }
  for (std::size_t i = 0; go_on && i < sources.size(); ++i) {
    if (outcomes[i] || outcomes[i].error().kind == ErrorKind::not_found) continue;  // removed meanwhile
    if (outcomes[i].error().kind != ErrorKind::failed) return outcomes[i];
    warn(sources[i].service + ": its log cannot be read: " + outcomes[i].error().message);
  }
  return {};
}

}  // namespace saasctl::logs
