// The proxies that docker's configuration gives to builds and containers.
// Source: docker/cli, docs "Use a proxy server with the Docker CLI"; cli/config/configfile, ParseProxyConfig.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "util/result.hpp"

namespace saasctl::engine {

// HTTP_PROXY, http_proxy and so on, from `proxies` of `config_folder`/config.json: of the entry of `host` (as the user
// wrote it: "tcp://10.0.0.5:2376"), else of "default". Empty when there is no such file or entry. The values may hold
// passwords. Error: failed for a file that is not JSON.
Result<std::map<std::string, std::string>> proxy_variables(const std::filesystem::path& config_folder,
                                                           std::string_view host);

}  // namespace saasctl::engine
