// Which Docker Engine to talk to, chosen as the docker CLI chooses.
// Source: docker/cli, docs "docker context" and "Environment variables"; files ~/.docker/config.json and
// ~/.docker/contexts/meta/<sha256 of the name>/meta.json.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/http.hpp"
#include "util/result.hpp"

namespace saasctl::engine {

// The variables that count are DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH, HOME.
using Environment = std::map<std::string, std::string, std::less<>>;

struct EndpointOptions {
  std::optional<std::string> host = std::nullopt;     // --host
  std::optional<std::string> context = std::nullopt;  // --context
};

struct Endpoint {
  std::string host;                        // as the user wrote it, with "***" for a password: tcp://10.0.0.5:2376
  std::filesystem::path unix_socket = {};  // empty for TCP and SSH
  std::vector<std::string> command = {};   // of ssh://: what carries each connection on its streams
  std::string base_url = "http://docker";  // scheme and authority of every URL; a password is in it
  http::TlsFiles tls = {};                 // counts when base_url is https
  std::string source = {};  // who chose it, in words: "DOCKER_HOST", "context 'remote'", "default socket"
};

// --context, then --host, DOCKER_HOST, DOCKER_CONTEXT, currentContext of config.json, the default socket. Nothing is
// contacted; files of the docker configuration are read. ssh://[USER@]HOST[:PORT][/SOCKET] is reached with the ssh
// command, which knows the user's keys, hosts and settings, as docker does it (cli/connhelper). Errors: usage
// (malformed host, unknown context, both options given, a scheme we do not speak), each naming where the value came
// from.
Result<Endpoint> resolve_endpoint(const EndpointOptions& options, const Environment& environment);

// Where a port that the engine publishes on `host_ip` is reached from here: on this machine when the engine is behind a
// unix socket, else on the machine of the engine. Empty, "0.0.0.0" and "::" are every address.
std::string published_host(const Endpoint& endpoint, std::string_view host_ip);

// The folder of the docker CLI's configuration: DOCKER_CONFIG, else HOME/.docker; empty when neither is set.
std::filesystem::path docker_config_folder(const Environment& environment);

}  // namespace saasctl::engine
