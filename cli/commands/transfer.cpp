#include "commands/transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "commands/guarded.hpp"
#include "engine/auth.hpp"
#include "engine/endpoint.hpp"
#include "terminal/one_line.hpp"

namespace saasctl::commands {
namespace {

constexpr std::size_t most_at_once = 4;
constexpr std::size_t shown_columns = 100;

class Worker {
 public:
  Worker(const Session& session, const engine::Client& client, const std::vector<Transfer>& images,
         const TransferOptions& options, terminal::Board& board)
      : session_(session), client_(client), images_(images), options_(options), board_(board) {}

  void work_off() {
    while (const auto* one = take()) {
      board_.update(one->image, terminal::TaskState::working, pulling() ? "pulling" : "pushing");
      auto done = guarded([&] { return run(*one); });
      if (done) {
        board_.update(one->image, terminal::TaskState::done, pulling() ? "pulled" : "pushed");
        continue;
      }
      board_.update(one->image, options_.ignore_failures ? terminal::TaskState::unchanged : terminal::TaskState::failed,
                    terminal::one_line(done.error().message, shown_columns));
      const std::scoped_lock lock(mutex_);
      if (!first_) first_ = std::move(done.error());
    }
  }

  Result<void> result() const {
    if (session_.stop.stop_requested()) return failure(Fault::interrupted, "interrupted");
    if (first_ && !options_.ignore_failures) return std::unexpected(*first_);
    return {};
  }

 private:
  bool pulling() const { return options_.direction == Direction::pull; }

  const Transfer* take() {
    const std::scoped_lock lock(mutex_);
    return next_ == images_.size() || session_.stop.stop_requested() ? nullptr : &images_[next_++];
  }

  Result<void> run(const Transfer& one) {
    const auto folder = engine::docker_config_folder(session_.environment);
    Result<std::optional<engine::RegistryCredentials>> credentials{std::nullopt};
    if (!folder.empty())
      credentials = engine::registry_credentials(folder, engine::registry_host(one.image), session_.stop);
    if (!credentials) return std::unexpected(credentials.error());
    const auto show = [&](const engine::PullProgress& progress) {
      const auto percent = progress.total > 0
                               ? fmt::format(" {}%", std::min<long long>(100, 100 * progress.current / progress.total))
                               : "";
      const auto text = fmt::format("{} {}{}", progress.layer, progress.status, percent);
      board_.update(one.image, terminal::TaskState::working, terminal::one_line(text, shown_columns));
    };
    return pulling() ? engine::pull_image(client_, one.image, {one.platform, *credentials, show}, session_.stop)
                     : engine::push_image(client_, one.image, {*credentials, show}, session_.stop);
  }

  const Session& session_;
  const engine::Client& client_;
  const std::vector<Transfer>& images_;
  const TransferOptions& options_;
  terminal::Board& board_;
  std::mutex mutex_;
  std::size_t next_ = 0;
  std::optional<Error> first_;
};

}  // namespace

Result<void> transfer_images(const Session& session, const engine::Client& client, const std::vector<Transfer>& images,
                             const TransferOptions& options) {
  terminal::Board board(session.terminal, options.direction == Direction::pull ? "pull" : "push");
  Worker worker(session, client, images, options, board);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < std::min(most_at_once, images.size()); ++i)
      threads.emplace_back([&worker] { worker.work_off(); });
  }
  board.finish();
  return worker.result();
}

}  // namespace saasctl::commands
