// One subscription to the engine's events for a whole execution, handed out to those who wait for a container.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "engine/client.hpp"
#include "engine/events.hpp"
#include "util/result.hpp"

namespace saasctl::execute {

class EventMonitor;

// Rings when something has happened to one container, or may have: an event says "look again" and nothing more. So it
// does no harm that the engine loses, repeats or reorders some.
class ContainerSignal {
 public:
  // `container` is a name or an id. The watch must outlive the signal.
  ContainerSignal(EventMonitor& watch, const std::string& container);
  ContainerSignal(const ContainerSignal&) = delete;
  ContainerSignal& operator=(const ContainerSignal&) = delete;
  ~ContainerSignal();

  // A token that is set by the next notify(). Take it before looking at the container, so that nothing is missed
  // between.
  std::stop_token next();

  // Listens to another name of the container as well.
  void also(const std::string& container);

  void notify();

 private:
  EventMonitor& watch_;
  std::mutex mutex_;
  std::stop_source next_;
};

// Reads events on a thread of its own until it is destroyed. A stream that is cut is opened again from the last event
// on, and every signal rings then. Safe to use from several threads.
class EventMonitor {
 public:
  // `label`: only containers that carry it. `since`: events from then on are told, so that those between the first
  // action and the opening of the stream are not lost. The client must outlive the watch.
  EventMonitor(const engine::Client& client, std::string label, engine::Timestamp since);
  EventMonitor(const EventMonitor&) = delete;
  EventMonitor& operator=(const EventMonitor&) = delete;

  // False while there is no stream: whoever waits has to look more often then.
  bool live() const;

 private:
  friend class ContainerSignal;
  void listen(const std::stop_token& stop);
  void take(const engine::Event& event);
  void set_live(bool live);
  void notify_all();

  const engine::Client& client_;
  std::string label_;
  mutable std::mutex mutex_;  // of everything below but the thread
  engine::Timestamp since_;
  bool live_ = false;
  std::multimap<std::string, ContainerSignal*, std::less<>> signals_;
  std::jthread thread_;
};

}  // namespace saasctl::execute
