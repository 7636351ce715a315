// How an image is built. Source: Compose specification, build.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stack/vocabulary.hpp"

namespace saasctl::stack {

struct Ulimit : Located {
  Integer soft;
  Integer hard;
};

Codec<Ulimit> ulimit_form();  // one number or soft and hard

// A secret or config given to a service.
struct Grant : Located {
  Word source;
  std::optional<std::string> target;
  std::optional<std::string> uid;
  std::optional<std::string> gid;
  std::optional<std::string> mode;  // octal
};

Codec<Grant> grant_form();  // a name or a map

// "name:address" or "name=address" in a list, or a map of names to one or several addresses; always kept as
// "name:address".
Codec<std::vector<std::string>> extra_hosts_form();

// Whose SSH keys RUN --mount=type=ssh,id=ID can use.
struct SshKey {
  std::string id;
  std::optional<std::string> path;  // an agent's socket or a private key; absent: the agent of SSH_AUTH_SOCK
};

// Whether a build context is a repository or an archive at a URL, which the builder fetches itself. Source: compose-go
// v2, paths/context.go, isRemoteContext.
bool is_remote_context(std::string_view context);

struct Build : Located {
  std::optional<std::string> context;
  std::optional<std::string> dockerfile;
  std::optional<std::string> dockerfile_inline;
  std::optional<std::string> target;
  Pairs args;
  Pairs labels;
  std::vector<std::string> tags;
  std::vector<std::string> platforms;
  std::vector<std::string> cache_from;
  std::vector<std::string> cache_to;
  std::vector<Grant> secrets;
  std::vector<SshKey> ssh;
  Pairs additional_contexts;
  std::vector<std::string> extra_hosts;
  std::optional<std::string> network;
  std::optional<bool> no_cache;
  std::vector<std::string> no_cache_filter;
  std::optional<bool> pull;
  std::optional<Bytes> shm_size;
  Map<Ulimit> ulimits;
  std::optional<std::string> isolation;
  std::vector<std::string> entitlements;
  std::optional<bool> privileged;
  std::optional<std::string> provenance;
  std::optional<std::string> sbom;
};

// A context folder or a map. Values that only the engine's builder refuses (see build/unsupported.hpp) are read: a
// service whose image exists needs no builder.
Codec<Build> build_form();

}  // namespace saasctl::stack
