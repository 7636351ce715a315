#include "engine/auth.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/json.hpp"
#include "util/digest.hpp"
#include "util/input.hpp"
#include "util/process.hpp"
#include "util/text.hpp"

namespace saasctl::engine {
namespace {

using Json = nlohmann::json;
using Found = Result<std::optional<RegistryCredentials>>;

// Docker Hub is kept under its first API's address.
constexpr FileKind config_file{"Docker's config.json", 16 * mebibyte};
constexpr std::string_view hub_key = "https://index.docker.io/v1/";

bool is_hub(std::string_view host) {
  return host == "docker.io" || host == "index.docker.io" || host == "registry-1.docker.io";
}

// A key of auths may be a bare host or a URL with a path.
std::string host_of_key(std::string_view key) {
  if (const auto scheme = key.find("://"); scheme != std::string_view::npos) key.remove_prefix(scheme + 3);
  return std::string(key.substr(0, key.find('/')));
}

std::string helper_for(const Json& config, const std::string& key, std::string_view host) {
  const auto& helpers = detail::member(config, "credHelpers");
  if (auto helper = detail::text(helpers, key); !helper.empty()) return helper;
  if (auto helper = detail::text(helpers, host); !helper.empty()) return helper;
  return detail::text(config, "credsStore");
}

// The name comes from a file and becomes part of a program's: with a slash it would be a path.
bool is_helper_name(std::string_view name) {
  return std::ranges::none_of(name, [](char c) { return c == '/' || static_cast<unsigned char>(c) < 0x20; });
}

Found ask_helper(const std::string& helper, const std::string& key, std::stop_token stop) {
  if (!is_helper_name(helper)) {
    return failure(fmt::format("'{}' in Docker's config.json is not the name of a credential helper", helper),
                   "write NAME for the program docker-credential-NAME");
  }
  const auto program = "docker-credential-" + helper;
  const auto answer = run_process({program, "get"}, {.input = key + "\n"}, std::move(stop));
  if (!answer) return std::unexpected(answer.error());
  if (answer->exit_code != 0) {
    const auto words = trim(answer->standard_output);
    if (words.find("credentials not found") != std::string_view::npos) return std::nullopt;
    return failure(fmt::format("{} gave no credentials for {}: {}", program, key, words));
  }
  const auto parsed = detail::parse(answer->standard_output);
  if (parsed.is_discarded())
    return failure(fmt::format("{} answered for {} with something else than JSON", program, key));
  RegistryCredentials credentials{
      .username = detail::text(parsed, "Username"), .password = detail::text(parsed, "Secret"), .server = key};
  // The protocol's mark for an identity token.
  if (credentials.username == "<token>") {
    credentials.identity_token = std::move(credentials.password);
    credentials.username.clear();
    credentials.password.clear();
  }
  return credentials;
}

Found parse_entry(const std::string& key, const Json& entry) {
  RegistryCredentials credentials{.username = detail::text(entry, "username"),
                                  .password = detail::text(entry, "password"),
                                  .identity_token = detail::text(entry, "identitytoken"),
                                  .server = key};
  if (const auto auth = detail::text(entry, "auth"); !auth.empty()) {
    const auto decoded = base64_decode(auth);
    const auto colon = decoded ? decoded->find(':') : std::string::npos;
    if (colon == std::string::npos) {
      return failure(fmt::format("the credentials for {} in Docker's config.json are damaged", key),
                     "log in to the registry again");
    }
    if (find_invalid_utf8(*decoded)) {
      return failure(fmt::format("the credentials for {} in Docker's config.json are not UTF-8", key),
                     "log in to the registry again");
    }
    credentials.username = decoded->substr(0, colon);
    credentials.password = decoded->substr(colon + 1);
    while (credentials.password.ends_with('\0')) credentials.password.pop_back();
  }
  if (credentials.username.empty() && credentials.identity_token.empty()) return std::nullopt;
  return credentials;
}

}  // namespace

Found registry_credentials(const std::filesystem::path& config_folder, std::string_view host, std::stop_token stop) {
  const auto path = config_folder / "config.json";
  const auto content = read_file(path, config_file);
  if (!content && content.error().kind == ErrorKind::not_found) return std::nullopt;
  if (!content) return std::unexpected(content.error());
  const auto config = detail::parse(*content);
  if (config.is_discarded()) return failure(path.string() + " is not JSON", "repair or remove the file");

  const std::string key(is_hub(host) ? hub_key : host);
  if (const auto helper = helper_for(config, key, host); !helper.empty()) {
    auto credentials = ask_helper(helper, key, std::move(stop));
    if (!credentials || *credentials) return credentials;
  }
  const auto wanted = host_of_key(key);
  for (const auto& [name, entry] : detail::member(config, "auths").items()) {
    if (host_of_key(name) == wanted) return parse_entry(name, entry);
  }
  return std::nullopt;
}

std::string registry_auth_header(const RegistryCredentials& credentials) {
  Json value{{"serveraddress", credentials.server}};
  if (!credentials.identity_token.empty()) {
    value["identitytoken"] = credentials.identity_token;
  } else {
    value["username"] = credentials.username;
    value["password"] = credentials.password;
  }
  return base64url_encode(value.dump());
}

}  // namespace saasctl::engine
