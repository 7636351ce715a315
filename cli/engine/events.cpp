#include "engine/events.hpp"

#include <set>
#include <tuple>

#include "engine/json.hpp"
#include "engine/json_lines.hpp"

namespace saasctl::engine {
namespace {

Event parse_event(const nlohmann::json& value) {
  const auto& actor = detail::member(value, "Actor");
  auto time = std::chrono::nanoseconds(detail::integer(value, "timeNano"));
  if (time.count() == 0) time = std::chrono::seconds(detail::integer(value, "time"));
  return {.type = detail::text(value, "Type"),
          .action = detail::text(value, "Action"),
          .id = detail::text(actor, "ID"),
          .attributes = detail::text_map(actor, "Attributes"),
          .time = Timestamp(time)};
}

// Events of the last moments may come twice: once from the engine's memory, once live.
class Seen {
 public:
  bool first_time(const Event& event) {
    if (known_.size() == capacity) known_.erase(known_.begin());
    return known_.emplace(event.time, event.id, event.action).second;
  }

 private:
  static constexpr std::size_t capacity = 4096;
  std::set<std::tuple<Timestamp, std::string, std::string>> known_;
};

}  // namespace

Result<void> subscribe_events(const Client& client, const EventFilter& filter, Timestamp since,
                              const std::function<bool(const Event&)>& sink, std::stop_token stop,
                              const std::function<void()>& on_open) {
  Seen seen;
  bool ended_by_sink = false;
  JsonLines lines([&](const nlohmann::json& line) {
    const auto event = parse_event(line);
    if (filter.until && event.time > *filter.until) return true;
    if (seen.first_time(event)) ended_by_sink = !sink(event);
    return !ended_by_sink;
  });
  Result<bool> framing;
  Call call{.path = ApiPath("/events"),
            .query = {{"since", unix_seconds(since)},
                      {"filters",
                       filters_json({{"type", filter.types}, {"event", filter.actions}, {"label", filter.labels}})}},
            .on_data =
                [&](std::string_view bytes) {
                  framing = lines.feed(bytes);
                  return framing && *framing;
                },
            .on_head = on_open,
            .timeout = std::chrono::milliseconds(0)};
  // Of a time that has passed Podman tells nothing, unless it is asked not to go on with what is to come. Source:
  // containers/podman v5.4, pkg/api/handlers/compat/events.go.
  if (filter.until && client.is_podman() && *filter.until <= std::chrono::system_clock::now()) {
    call.query.emplace_back("stream", "false");
  } else if (filter.until) {
    call.query.emplace_back("until", unix_seconds(*filter.until));
  }
  const auto response = client.send(call, std::move(stop));
  if (ended_by_sink) return {};
  if (!response) return std::unexpected(response.error());
  if (!framing) return std::unexpected(framing.error());
  if (filter.until) return {};
  return failure(ErrorKind::no_engine, "the engine has ended its stream of events", "check that the engine is running");
}

}  // namespace saasctl::engine
