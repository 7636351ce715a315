// What happens in the engine, as it happens. Source: Docker Engine API 1.41, GET /events.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/client.hpp"
#include "engine/time.hpp"
#include "util/result.hpp"

namespace saasctl::engine {

struct Event {
  std::string type;                               // container, network, volume, image
  std::string action;                             // "start", "die", "health_status: healthy"
  std::string id;                                 // of the actor
  std::map<std::string, std::string> attributes;  // its labels, "name", "exitCode" …
  Timestamp time;
};

struct EventFilter {
  std::vector<std::string> types = {};
  std::vector<std::string> actions = {};  // "health_status" takes in all of its values
  std::vector<std::string> labels = {};   // "key" or "key=value", all of them
  std::optional<Timestamp> until = {};    // then the reading ends, without an error
};

// Calls `sink` on the calling thread for each event from `since` on, each once; returning false ends the reading. The
// engine keeps only its last 256 events: inspect once after subscribing. Blocks until the sink or the token ends it
// (interrupted), or the engine goes (no_engine). `on_open`, when given, is called once the engine has accepted.
Result<void> subscribe_events(const Client& client, const EventFilter& filter, Timestamp since,
                              const std::function<bool(const Event&)>& sink, std::stop_token stop,
                              const std::function<void()>& on_open = {});

}  // namespace saasctl::engine
