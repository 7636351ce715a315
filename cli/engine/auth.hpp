// Credentials of registries as the docker CLI keeps them.
// Source: docker/cli config.json (auths, credHelpers, credsStore) and the docker-credential-helpers protocol.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "util/result.hpp"

namespace saasctl::engine {

// Secret values: never print them.
struct RegistryCredentials {
  std::string username;
  std::string password;
  std::string identity_token = {};  // takes the place of user and password when not empty
  std::string server;               // the key they were found under
};

// The credentials for a registry host ("docker.io", "127.0.0.1:5000"), read from `config_folder`/config.json: its
// helper in credHelpers, else credsStore, else auths. Nothing when none are kept there or there is no such file.
// Errors: failed for a file that is not JSON or a helper that fails (with the helper's own words).
Result<std::optional<RegistryCredentials>> registry_credentials(const std::filesystem::path& config_folder,
                                                                std::string_view host, std::stop_token stop);

// The value of X-Registry-Auth: base64url of the API's AuthConfig.
std::string registry_auth_header(const RegistryCredentials& credentials);

}  // namespace saasctl::engine
