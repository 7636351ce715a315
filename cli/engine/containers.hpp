// Containers. Source: Docker Engine API 1.41, "Containers". Every function takes an id or a name as `container`; errors
// are those of Client::send (not_found: no such container), further ones are named at the function.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/client.hpp"
#include "engine/time.hpp"
#include "util/result.hpp"

namespace saasctl::engine {

using Labels = std::map<std::string, std::string>;

struct PortBinding {
  std::string container_port;  // "5432/tcp"
  std::string host_ip;
  std::uint16_t host_port = 0;  // 0: exposed, not published

  bool operator==(const PortBinding&) const = default;
};

struct Mount {
  std::string type;  // bind, volume, tmpfs
  std::string name;  // of the volume
  std::string source;
  std::string destination;
  bool read_only = false;
};

// One row of the list.
struct ContainerSummary {
  std::string id;
  std::string name;  // without the leading slash
  std::string image;
  std::string image_id;
  std::string state;   // created, running, paused, restarting, removing, exited, dead
  std::string status;  // in words: "Up 2 minutes (healthy)"
  Labels labels;
  std::vector<PortBinding> ports;
  std::vector<Mount> mounts;
  std::optional<Timestamp> created;
  std::string command = {};
  std::vector<std::string> networks = {};               // names
  std::map<std::string, std::string> network_ids = {};  // by name; none where the engine does not tell
};

struct HealthLogEntry {
  std::optional<Timestamp> start;
  std::optional<Timestamp> end;
  int exit_code = 0;
  std::string output;
};

struct Health {
  std::string status;  // none, starting, healthy, unhealthy
  int failing_streak = 0;
  std::vector<HealthLogEntry> log;  // oldest first, five at most
};

struct ContainerState {
  std::string status;  // as ContainerSummary::state
  bool running = false;
  bool restarting = false;
  bool oom_killed = false;
  int exit_code = 0;
  std::string error;
  std::optional<Timestamp> started_at;
  std::optional<Timestamp> finished_at;
  std::optional<Health> health;  // nothing without a healthcheck
};

struct NetworkAttachment {
  std::string network_id;
  std::string ip_address;
  std::vector<std::string> aliases;
};

struct Container {
  std::string id;
  std::string name;  // without the leading slash
  std::string image;
  std::string image_id;
  Labels labels;
  std::optional<Timestamp> created;
  ContainerState state;
  int restart_count = 0;
  bool tty = false;
  std::map<std::string, NetworkAttachment> networks;  // by network name
  std::vector<Mount> mounts;
  std::vector<PortBinding> ports;
  nlohmann::json config;       // Config as the engine gave it
  nlohmann::json host_config;  // HostConfig likewise
};

// Containers that carry every label of `labels` ("key" or "key=value"), stopped ones too unless `all` is false.
Result<std::vector<ContainerSummary>> list_containers(const Client& client, const std::vector<std::string>& labels,
                                                      std::stop_token stop, bool all = true);

Result<Container> inspect_container(const Client& client, std::string_view container, std::stop_token stop);

// The same, whole, as the engine gives it (ContainerInspect).
Result<nlohmann::json> describe_container(const Client& client, std::string_view container, std::stop_token stop);

struct CreatedContainer {
  std::string id;
  std::vector<std::string> warnings;
};

// `body` is the API's ContainerCreate object. conflict: the name is taken; not_found: the image is not there. An empty
// platform means the engine's own.
Result<CreatedContainer> create_container(const Client& client, std::string_view name, const nlohmann::json& body,
                                          std::stop_token stop, std::string_view platform = {});

// A running container is left as it is. conflict: a host port is taken.
Result<void> start_container(const Client& client, std::string_view container, std::stop_token stop);

// Sends the stop signal and, after `grace`, SIGKILL. A stopped container is left as it is. Without `grace` the
// container's own stop timeout counts.
Result<void> stop_container(const Client& client, std::string_view container, std::optional<std::chrono::seconds> grace,
                            std::stop_token stop);

// conflict: the container does not run.
Result<void> kill_container(const Client& client, std::string_view container, std::string_view signal,
                            std::stop_token stop);

// conflict: the container does not run, or is paused already.
Result<void> pause_container(const Client& client, std::string_view container, std::stop_token stop);

// conflict (or failed on older engines): the container is not paused.
Result<void> unpause_container(const Client& client, std::string_view container, std::stop_token stop);

Result<void> restart_container(const Client& client, std::string_view container,
                               std::optional<std::chrono::seconds> grace, std::stop_token stop);

struct RemoveOptions {
  bool force = false;    // kill it first when it runs; otherwise a running one is a conflict
  bool volumes = false;  // its anonymous volumes too
};

// A container that does not exist is not_found.
Result<void> remove_container(const Client& client, std::string_view container, RemoveOptions options,
                              std::stop_token stop);

// conflict: the new name is taken.
Result<void> rename_container(const Client& client, std::string_view container, std::string_view new_name,
                              std::stop_token stop);

enum class WaitCondition { not_running, next_exit, removed };

struct WaitResult {
  int exit_code = 0;
  std::string error;
};

// Blocks until the condition holds. timeout: it did not within `timeout` (0: no limit).
Result<WaitResult> wait_container(const Client& client, std::string_view container, WaitCondition condition,
                                  std::chrono::milliseconds timeout, std::stop_token stop);

// Unpacks a tar archive into the folder `path` of the container, running or not.
Result<void> put_archive(const Client& client, std::string_view container, std::string_view path, std::string_view tar,
                         std::stop_token stop);

}  // namespace saasctl::engine
