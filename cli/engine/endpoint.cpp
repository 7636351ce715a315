#include "engine/endpoint.hpp"

#include <fmt/format.h>
#include <sys/un.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/json.hpp"
#include "util/digest.hpp"
#include "util/input.hpp"
#include "util/text.hpp"

namespace saasctl::engine {
namespace {

constexpr std::string_view default_socket = "unix:///var/run/docker.sock";

std::string variable(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

// An address that may be malformed, for messages: what could be a password, whatever characters it has, is hidden.
std::string shown(std::string_view host) {
  const auto scheme = host.find("://");
  const auto colon = host.find(':', scheme == std::string_view::npos ? 0 : scheme + 3);
  const auto at = host.rfind('@');
  if (at == std::string_view::npos || colon > at) return std::string(host);
  return fmt::format("{}:***{}", host.substr(0, colon), host.substr(at));
}

Result<nlohmann::json> read_json(const std::filesystem::path& path) {
  auto text = read_file(path, {"a configuration of Docker", 16 * mebibyte});
  if (!text) return std::unexpected(std::move(text.error()));
  auto json = detail::parse(*text);
  if (json.is_discarded())
    return failure(ErrorKind::usage, path.string() + " is not JSON", "repair or remove the file");
  return json;
}

http::TlsFiles tls_in(const std::filesystem::path& folder, bool verify) {
  return {.ca = folder / "ca.pem", .cert = folder / "cert.pem", .key = folder / "key.pem", .verify_peer = verify};
}

Result<Endpoint> tcp_endpoint(const std::string& host, std::string source, std::optional<http::TlsFiles> tls) {
  std::string authority = host.substr(host.find("://") + 3);
  while (authority.ends_with('/')) authority.pop_back();
  // What would end the host in a URL, or is not allowed in one at all.
  const bool is_authority = std::ranges::none_of(authority, [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || std::string_view("/?#\\").contains(c);
  });
  if (authority.empty() || !is_authority) {
    return failure(ErrorKind::usage, fmt::format("{} is '{}', which names no engine", source, shown(host)),
                   "write it as tcp://HOST:PORT");
  }
  const auto machine = authority.substr(authority.rfind('@') + 1);  // all of it without a user
  const auto bracket = machine.find(']');
  const bool has_port = machine.find(':', bracket == std::string::npos ? 0 : bracket) != std::string::npos;
  if (!has_port) authority += tls ? ":2376" : ":2375";
  Endpoint endpoint{.host = http::without_password(host), .source = std::move(source)};
  endpoint.base_url = (tls ? "https://" : "http://") + authority;
  endpoint.tls = tls.value_or(http::TlsFiles{});
  return endpoint;
}

// A socket's path as bind(2) and connect(2) take it, with its final NUL. Source: unix(7), sun_path.
constexpr std::size_t longest_socket_path = sizeof(sockaddr_un::sun_path) - 1;

std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// The words are those of docker's own way (cli/connhelper); ssh hands the last ones to a shell over there.
Result<Endpoint> ssh_endpoint(const std::string& host, std::string source) {
  auto rest = host.substr(host.find("://") + 3);
  const auto slash = std::min(rest.find('/'), rest.size());
  const auto socket = rest.substr(slash);
  rest.resize(slash);
  const auto at = rest.rfind('@');
  const auto user = at == std::string::npos ? std::string() : rest.substr(0, at);
  auto machine = at == std::string::npos ? rest : rest.substr(at + 1);
  std::string port;
  if (const auto colon = machine.rfind(':');
      colon != std::string::npos && machine.find(']', colon) == std::string::npos) {
    port = machine.substr(colon + 1);
    machine.resize(colon);
  }
  if (machine.starts_with('[') && machine.ends_with(']')) machine = machine.substr(1, machine.size() - 2);
  const auto bad = [&](std::string_view what) {
    return failure(ErrorKind::usage, fmt::format("{} is '{}': {}", source, shown(host), what),
                   "write it as ssh://USER@HOST or ssh://USER@HOST:PORT");
  };
  if (machine.empty() || machine.starts_with('-')) return bad("it names no host");
  if (user.find(':') != std::string::npos) return bad("a password does not belong into an address");
  if (user.starts_with('-') || (at != std::string::npos && user.empty())) return bad("it names no user");
  const auto number = parse_integer(port).value_or(0);
  if (machine.size() < rest.size() && port.empty() && rest.ends_with(':')) return bad("it names no port");
  if (!port.empty() && (number < 1 || number > 65535)) return bad("it names no port");
  if (socket.find_first_of("?#") != std::string::npos) return bad("an address of ssh has no query");

  Endpoint endpoint{.host = host, .source = std::move(source)};
  endpoint.command = {"ssh", "-o", "ConnectTimeout=30", "-T"};
  if (!user.empty()) endpoint.command.insert(endpoint.command.end(), {"-l", user});
  if (!port.empty()) endpoint.command.insert(endpoint.command.end(), {"-p", port});
  endpoint.command.insert(endpoint.command.end(), {"--", machine, "docker"});
  if (socket.find_first_not_of('/') != std::string::npos) endpoint.command.push_back(quoted("--host=unix://" + socket));
  endpoint.command.insert(endpoint.command.end(), {"system", "dial-stdio"});
  return endpoint;
}

Result<Endpoint> parse_host(const std::string& host, std::string source, std::optional<http::TlsFiles> tls) {
  if (host.starts_with("unix://") && host.size() - 7 > longest_socket_path) {
    return failure(ErrorKind::usage,
                   fmt::format("{} names a Unix socket with a path of {} bytes; at most {} are possible", source,
                               host.size() - 7, longest_socket_path),
                   "use a shorter path, for example through a symbolic link");
  }
  if (host.starts_with("unix://") && host.size() > 7) {
    return Endpoint{.host = host, .unix_socket = host.substr(7), .source = std::move(source)};
  }
  if (host.starts_with("tcp://") || host.starts_with("http://") || host.starts_with("https://")) {
    if (host.starts_with("https://") && !tls) tls.emplace();
    return tcp_endpoint(host, std::move(source), std::move(tls));
  }
  if (host.starts_with("ssh://")) return ssh_endpoint(host, std::move(source));
  return failure(ErrorKind::usage,
                 fmt::format("{} is '{}', which is not the address of an engine", source, shown(host)),
                 "write it as unix:///PATH/TO/SOCKET, tcp://HOST:PORT or ssh://USER@HOST");
}

// TLS for hosts that come from an option or DOCKER_HOST. Docker counts DOCKER_TLS_VERIFY when it is not empty.
std::optional<http::TlsFiles> tls_of_environment(const Environment& environment) {
  const bool verify = !variable(environment, "DOCKER_TLS_VERIFY").empty();
  const std::filesystem::path folder = variable(environment, "DOCKER_CERT_PATH");
  if (!verify && folder.empty()) return std::nullopt;
  return tls_in(folder.empty() ? docker_config_folder(environment) : folder, verify);
}

// Each of the files is optional; SkipTLSVerify alone means TLS too. Source: docker/cli, cli/context/docker/load.go.
std::optional<http::TlsFiles> context_tls(const std::filesystem::path& folder, bool skip_verify) {
  std::error_code ignored;
  const auto there = [&](const char* name) {
    return std::filesystem::exists(folder / name, ignored) ? folder / name : std::filesystem::path();
  };
  http::TlsFiles tls{
      .ca = there("ca.pem"), .cert = there("cert.pem"), .key = there("key.pem"), .verify_peer = !skip_verify};
  if (tls.ca.empty() && tls.cert.empty() && tls.key.empty() && !skip_verify) return std::nullopt;
  return tls;
}

// Contexts are kept under the SHA-256 of their names; TLS material is optional.
Result<Endpoint> context_endpoint(const std::string& name, const std::string& chosen_by,
                                  const std::filesystem::path& folder) {
  const std::string source = fmt::format("context '{}' ({})", name, chosen_by);
  const auto id = sha256_hex(name);
  const auto meta = read_json(folder / "contexts" / "meta" / id / "meta.json");
  if (!meta && meta.error().kind != ErrorKind::not_found) return std::unexpected(meta.error());
  if (!meta) {
    return failure(ErrorKind::usage, fmt::format("Docker context '{}' (chosen by {}) does not exist", name, chosen_by),
                   "'docker context ls' lists those that exist");
  }
  const auto& docker = detail::member(detail::member(*meta, "Endpoints"), "docker");
  const auto host = detail::text(docker, "Host");
  const auto tls_folder = folder / "contexts" / "tls" / id / "docker";
  return parse_host(host, source, context_tls(tls_folder, detail::boolean(docker, "SkipTLSVerify")));
}

Result<std::string> current_context(const std::filesystem::path& folder) {
  const auto config = read_json(folder / "config.json");
  if (!config && config.error().kind != ErrorKind::not_found) return std::unexpected(config.error());
  return config ? detail::text(*config, "currentContext") : std::string();
}

}  // namespace

std::filesystem::path docker_config_folder(const Environment& environment) {
  if (const auto folder = variable(environment, "DOCKER_CONFIG"); !folder.empty()) return folder;
  const auto home = variable(environment, "HOME");
  return home.empty() ? std::filesystem::path() : std::filesystem::path(home) / ".docker";
}

Result<Endpoint> resolve_endpoint(const EndpointOptions& options, const Environment& environment) {
  if (options.host && options.context) {
    return failure(ErrorKind::usage, "--host and --context exclude each other", "give one of them");
  }
  const auto folder = docker_config_folder(environment);
  const auto by_context = [&](const std::string& name, const std::string& chosen_by) {
    if (name == "default") return parse_host(std::string(default_socket), "the default socket", std::nullopt);
    return context_endpoint(name, chosen_by, folder);
  };
  if (options.context) return by_context(*options.context, "--context");
  if (options.host) return parse_host(*options.host, "--host", tls_of_environment(environment));
  if (const auto host = variable(environment, "DOCKER_HOST"); !host.empty()) {
    return parse_host(host, "DOCKER_HOST", tls_of_environment(environment));
  }
  if (const auto name = variable(environment, "DOCKER_CONTEXT"); !name.empty())
    return by_context(name, "DOCKER_CONTEXT");
  const auto current = folder.empty() ? Result<std::string>() : current_context(folder);
  if (!current) return std::unexpected(current.error());
  if (!current->empty()) return by_context(*current, (folder / "config.json").string());
  return by_context("default", "default");
}

std::string published_host(const Endpoint& endpoint, std::string_view host_ip) {
  const bool any = host_ip.empty() || host_ip == "0.0.0.0" || host_ip == "::";
  if (!endpoint.unix_socket.empty()) return any ? "127.0.0.1" : std::string(host_ip);
  const auto& url = endpoint.command.empty() ? endpoint.base_url : endpoint.host;
  auto authority = url.substr(url.find("://") + 3);
  authority.resize(std::min(authority.find('/'), authority.size()));
  if (const auto at = authority.rfind('@'); at != std::string::npos) authority.erase(0, at + 1);
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.find(':'));
}

}  // namespace saasctl::engine
