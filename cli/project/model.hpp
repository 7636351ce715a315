// What a container is made from, as one canonical value.
#pragma once

#include "project/project.hpp"

namespace saasctl::project {

// Everything of the service whose change calls for a new container; nothing that does not (build, dependencies, our own
// probes). Secrets appear as `secret_digests`, never as values.
Json container_model(const Service& service, const std::map<std::string, std::string>& content_digests);

// SHA-256 of the model's compact text, 64 hex digits.
std::string model_hash(const Json& model);

// A short digest of a secret's or config's content that shows a change and gives nothing away: 32 bits of a SHA-256
// are far too few to recognise a password by.
std::string content_digest(std::string_view key, std::string_view content);

}  // namespace saasctl::project
