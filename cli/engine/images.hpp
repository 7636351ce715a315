// Images. Source: Docker Engine API 1.41, "Images". `image` is a reference or an id; errors are those of Client::send.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/auth.hpp"
#include "engine/client.hpp"
#include "engine/time.hpp"
#include "util/result.hpp"

namespace saasctl::engine {

struct Image {
  std::string id;  // "sha256:…"; with the containerd store a manifest digest: never compare ids across stores
  std::vector<std::string> tags;
  std::vector<std::string> digests;  // name@sha256:…, known after a pull or push
  std::int64_t size = 0;             // bytes
  std::string architecture;
  std::string os;
  std::optional<Timestamp> created;
  std::optional<Timestamp> last_tagged;  // here; nothing when it has only been pulled
  std::map<std::string, std::string> labels;
  std::string user;
  std::vector<std::string> exposed_ports;  // "5432/tcp"
  std::vector<std::string> volumes;        // anonymous volume paths
  nlohmann::json config;                   // Config as the engine gave it; Healthcheck lies in it
};

// not_found: no such image here.
Result<Image> inspect_image(const Client& client, std::string_view image, std::stop_token stop);

struct ImageSummary {
  std::string id;
  std::vector<std::string> tags;
  std::map<std::string, std::string> labels;
  std::int64_t size = 0;
};

// Images that carry every label of `labels` ("key" or "key=value").
Result<std::vector<ImageSummary>> list_images(const Client& client, const std::vector<std::string>& labels,
                                              std::stop_token stop);

// One line of the progress of a pull or push.
struct PullProgress {
  std::string layer;   // short id, empty for lines about the whole image
  std::string status;  // "Downloading", "Pull complete" …
  std::int64_t current = 0;
  std::int64_t total = 0;  // bytes; 0 when unknown
};

struct PullOptions {
  std::string platform = {};                            // "linux/amd64"; empty: the engine's own
  std::optional<RegistryCredentials> credentials = {};  // nothing: anonymous
  std::function<void(const PullProgress&)> progress = {};
};

// Fetches `reference` (a missing tag means latest) and returns when it is stored. Errors: not_found (the registry has
// none such), failed (registry unreachable, access denied) with the registry's message. No limit of time but the token:
// the engine itself gives up on registries that are silent.
Result<void> pull_image(const Client& client, std::string_view reference, const PullOptions& options,
                        std::stop_token stop);

struct PushOptions {
  std::optional<RegistryCredentials> credentials = {};  // nothing: anonymous
  std::function<void(const PullProgress&)> progress = {};
};

// Sends `reference` (a missing tag means latest) to its registry. Errors: not_found (there is no such image here),
// failed (registry unreachable, access denied) with the registry's message.
Result<void> push_image(const Client& client, std::string_view reference, const PushOptions& options,
                        std::stop_token stop);

// Gives `image` the name `reference`, which it takes from any other image.
Result<void> tag_image(const Client& client, std::string_view image, std::string_view reference, std::stop_token stop);

// conflict: a container uses it and `force` is false.
Result<void> remove_image(const Client& client, std::string_view image, bool force, std::stop_token stop);

// Repository and tag or digest of a reference: "a:5000/b" gives {"a:5000/b", "latest"}.
std::pair<std::string, std::string> split_reference(std::string_view reference);

// The reference in full, by which two can be compared: "redis:7" gives "docker.io/library/redis:7". Source:
// distribution/reference, ParseNormalizedNamed.
std::string full_reference(std::string_view reference);

// The reference as people write it: "docker.io/library/redis:7" gives "redis:7"; any other host stays. Podman tells
// names in full. Source: distribution/reference, FamiliarString.
std::string short_reference(std::string_view reference);

// The host that serves a reference: "docker.io" for names without one.
std::string registry_host(std::string_view reference);

}  // namespace saasctl::engine
