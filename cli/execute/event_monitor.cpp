#include "execute/event_monitor.hpp"

#include <algorithm>

#include "util/guarded.hpp"
#include "util/wait.hpp"

namespace saasctl::execute {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_retry{20};
constexpr milliseconds longest_retry{1000};

}  // namespace

ContainerSignal::ContainerSignal(EventMonitor& watch, const std::string& container) : watch_(watch) {
  also(container);
}

ContainerSignal::~ContainerSignal() {
  const std::scoped_lock lock(watch_.mutex_);
  std::erase_if(watch_.signals_, [this](const auto& entry) { return entry.second == this; });
}

std::stop_token ContainerSignal::next() {
  const std::scoped_lock lock(mutex_);
  if (next_.stop_requested()) next_ = std::stop_source();
  return next_.get_token();
}

void ContainerSignal::also(const std::string& container) {
  const std::scoped_lock lock(watch_.mutex_);
  const auto [first, last] = watch_.signals_.equal_range(container);
  if (std::none_of(first, last, [this](const auto& entry) { return entry.second == this; }))
    watch_.signals_.emplace(container, this);
}

void ContainerSignal::notify() {
  std::stop_source source = [this] {
    const std::scoped_lock lock(mutex_);
    return next_;
  }();
  source.request_stop();
}

EventMonitor::EventMonitor(const engine::Client& client, std::string label, engine::Timestamp since)
    : client_(client),
      label_(std::move(label)),
      since_(since),
      thread_([this](const std::stop_token& stop) { listen(stop); }) {}

bool EventMonitor::live() const {
  const std::scoped_lock lock(mutex_);
  return live_;
}

void EventMonitor::listen(const std::stop_token& stop) {
  // Not "start": it comes right after the call that starts, and a notification ends the probe that has just begun.
  const engine::EventFilter filter{
      .types = {"container"}, .actions = {"die", "health_status", "destroy"}, .labels = {label_}};
  for (auto rest = first_retry; !stop.stop_requested(); rest = std::min(rest * 2, longest_retry)) {
    engine::Timestamp since;
    {
      const std::scoped_lock lock(mutex_);
      since = since_;
    }
    const auto on_event = [&](const engine::Event& event) {
      take(event);
      return true;
    };
    const auto on_open = [&] {
      rest = first_retry;
      set_live(true);
      notify_all();
    };
    // Its error is of no interest: whoever waits sees by its own calls that the engine is gone.
    static_cast<void>(
        guarded([&] { return engine::subscribe_events(client_, filter, since, on_event, stop, on_open); }));
    set_live(false);
    pause(rest, stop);
  }
}

void EventMonitor::take(const engine::Event& event) {
  const auto name = event.attributes.find("name");
  const std::scoped_lock lock(mutex_);
  since_ = std::max(since_, event.time);
  for (const auto& key : {event.id, name == event.attributes.end() ? std::string() : name->second}) {
    const auto [first, last] = signals_.equal_range(key);
    std::for_each(first, last, [](const auto& entry) { entry.second->notify(); });
  }
}

void EventMonitor::set_live(bool live) {
  const std::scoped_lock lock(mutex_);
  live_ = live;
}

void EventMonitor::notify_all() {
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, signal] : signals_) signal->notify();
}

}  // namespace saasctl::execute
