// What a container is made from, as one canonical value.
#pragma once

#include "project/project.hpp"

namespace saasctl::project {

// Digests by the key of the secret or config; one that cannot be read has none.
struct ContentDigests {
  std::map<std::string, std::string> secrets;
  std::map<std::string, std::string> configs;
};

// Everything of the service whose change calls for a new container; nothing that does not (build, dependencies, our own
// probes). Networks and volumes appear by their names at the engine, secrets and configs as digests, never as values.
Json container_model(const Project& project, const Service& service, const ContentDigests& digests);

// The model's compact text. Bytes of the environment that are not UTF-8 become U+FFFD.
std::string model_text(const Json& model);

// SHA-256 of the model's compact text, 64 hex digits.
std::string model_hash(const Json& model);

// A digest of a secret's or config's content that shows a change, 64 hex digits. It confirms a guess of a weak secret,
// so it stays in this process: labels hold it under a salted HMAC (plan/record.hpp). Its first 8 digits are what labels
// of earlier versions hold.
std::string content_digest(std::string_view key, std::string_view content);

}  // namespace saasctl::project
