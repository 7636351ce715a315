// The model behind a unix socket that speaks HTTP/1.1 as an engine does, with faults that a seed decides.
#pragma once

#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/endpoint.hpp"
#include "simulator/model.hpp"
#include "temporary_folder.hpp"

namespace saasctl::test::simulator {

// Probabilities, of a call and of an event.
struct Faults {
  double slow = 0;        // the answer takes up to `slowest` longer
  double refuse = 0;      // 500, and nothing is done
  double conflict = 0;    // 409, and nothing is done
  double cut = 0;         // the connection ends, and nothing is done
  double lose = 0;        // it is done, and the connection ends instead of the answer
  double reserve = 0;     // of a create: its name is taken at once, it is done later, and nobody is answered
  double drop = 0;        // the event is not told
  double repeat = 0;      // it is told twice
  double swap = 0;        // it is told after the next one
  double cut_stream = 0;  // every stream of events ends after it
  milliseconds slowest{3};
};

class Engine {
 public:
  Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  engine::Endpoint endpoint() const;

  // An empty engine.
  void reset(unsigned seed, const Faults& faults, std::map<std::string, std::string> images, Model::Fate fate);
  void set_faults(const Faults& faults);

  // The model while nobody else uses it.
  template <typename Work>
  auto with_model(Work work) {
    const std::scoped_lock lock(mutex_);
    return work(model_);
  }

  // Waits until every request of clients that have gone is done, too. Throws after ten seconds.
  void await_idle();

  // "POST /containers/create?name=web", in the order of their answers, since the last reset or take.
  std::vector<std::string> take_calls();

 private:
  void accept_all(const std::stop_token& stop);
  void serve(int connection);
  // False: the connection is to be closed.
  bool answer(int connection, const Request& request, const std::string& line);
  Answer do_now(const Request& request);
  void do_late(int connection, const Request& request, std::unique_lock<std::mutex>& lock);
  void stream_events(int connection, const Request& request);
  void tell(const Event& event);
  bool roll(double probability);

  TemporaryFolder folder_;
  int listener_;
  std::mutex mutex_;  // of everything below but the threads
  std::condition_variable changed_;
  Model model_;
  Faults faults_;
  std::mt19937 random_;
  std::vector<Event> events_;
  std::optional<Event> held_;
  std::size_t cuts_ = 0;
  std::vector<std::string> calls_;
  std::set<std::string> reserved_;  // names of containers that nobody can see yet
  std::set<int> open_;
  std::atomic<bool> ended_ = false;
  struct Connection {
    std::atomic<bool> done = false;
    std::jthread thread;
  };
  std::list<Connection> connections_;  // used by the accepting thread only
  std::jthread acceptor_;
};

}  // namespace saasctl::test::simulator
