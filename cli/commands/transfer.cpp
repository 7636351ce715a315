#include "commands/transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "commands/run_lifecycle.hpp"
#include "engine/auth.hpp"
#include "engine/endpoint.hpp"
#include "engine/images.hpp"
#include "project/order.hpp"
#include "terminal/board.hpp"
#include "terminal/one_line.hpp"
#include "util/guarded.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

constexpr std::size_t most_at_once = 4;
constexpr std::size_t shown_columns = 100;

class Worker {
 public:
  Worker(const Session& session, const engine::Client& client, const std::vector<Transfer>& images,
         const TransferOptions& options, terminal::Board& board)
      : session_(session),
        client_(client),
        images_(images),
        options_(options),
        board_(board),
        docker_config_(readable_docker_config(session)) {}

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
      failures_.push_back({one->image, std::move(done.error())});
    }
  }

  Result<void> result() const {
    if (session_.stop.stop_requested()) return failure(ErrorKind::interrupted, "interrupted");
    if (failures_.empty() || options_.ignore_failures) return {};
    auto error = failures_.front().error;
    if (failures_.size() == 1) return std::unexpected(std::move(error));
    error.message = fmt::format("{} images could not be {}", failures_.size(), pulling() ? "pulled" : "pushed");
    error.hint.clear();
    for (const auto& one : failures_) error.message += fmt::format("\n{}: {}", one.image, trim(one.error.message));
    return std::unexpected(std::move(error));
  }

 private:
  bool pulling() const { return options_.direction == Direction::pull; }

  const Transfer* take() {
    const std::scoped_lock lock(mutex_);
    return next_ == images_.size() || session_.stop.stop_requested() ? nullptr : &images_[next_++];
  }

  Result<void> run(const Transfer& one) {
    Result<std::optional<engine::RegistryCredentials>> credentials{std::nullopt};
    if (!docker_config_.empty())
      credentials = engine::registry_credentials(docker_config_, engine::registry_host(one.image), session_.stop);
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
  std::filesystem::path docker_config_;
  std::mutex mutex_;
  std::size_t next_ = 0;

  struct Failure {
    std::string image;
    Error error;
  };
  std::vector<Failure> failures_;
};

// Further images of pre_start are somebody else's: they are pulled, never pushed.
std::vector<const project::Service*> containers_of(const project::Service& service, Direction direction) {
  auto all = project::with_steps(service);
  std::erase_if(all, [&](const auto* one) {
    return one != &service && (direction == Direction::push || one->image == service.image);
  });
  return all;
}

// Each image once, of the services that are chosen.
Result<std::vector<Transfer>> images_of(const engine::Client& client, const project::Project& project,
                                        const TransferOptions& options, const ChooseImages& choose,
                                        const std::stop_token& stop) {
  auto names = project::with_dependencies(project, options.services);
  if (!names) return std::unexpected(names.error());
  if (!options.dependencies && !options.services.empty()) names = options.services;
  std::vector<Transfer> images;
  for (const auto& service : project.services) {
    const bool chosen = std::ranges::find(*names, service.name) != names->end();
    if (!chosen) continue;
    for (const auto* container : containers_of(service, options.direction)) {
      auto own = choose(client, *container, stop);
      if (!own) return std::unexpected(own.error());
      for (auto& one : *own) {
        if (std::ranges::find(images, one.image, &Transfer::image) == images.end()) images.push_back(std::move(one));
      }
    }
  }
  return images;
}

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

}  // namespace

void add_transfer_options(CLI::App& verb, TransferOptions& options, const std::string& done) {
  const std::string name = options.direction == Direction::pull ? "pull" : "push";
  add_services(verb, options.services, fmt::format("Services whose images are {}; all when none is named", done));
  verb.add_flag(fmt::format("--ignore-{}-failures", name), options.ignore_failures,
                fmt::format("Go on, and succeed, with images that cannot be {}", done));
  verb.add_flag("--include-deps", options.dependencies, "Those of the services they depend on too");
  verb.add_flag("-q,--quiet", options.quiet, "Without progress");
}

int run_transfer(const Session& outer, const TransferOptions& options, const ChooseImages& choose,
                 const std::string& nothing) {
  const terminal::Terminal silent({terminal::ProgressMode::quiet, outer.terminal.colour_on_stderr()});
  const Session session{outer.options, outer.environment, options.quiet ? silent : outer.terminal, outer.stop};
  const auto project = load_project(session, declare::Mode::resolve, options.services);
  if (!project) return fail(session, project.error());
  const auto client = connect_engine(session);
  if (!client) return fail(session, client.error());
  const auto images = images_of(*client, *project, options, choose, session.stop);
  if (!images) return fail(session, images.error());
  if (images->empty()) {
    session.terminal.message(nothing);
    return 0;
  }
  const auto done = transfer_images(session, *client, *images, options);
  return done ? 0 : fail(session, done.error());
}

}  // namespace saasctl::commands
