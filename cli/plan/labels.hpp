// Labels of what we make. The com.docker.compose ones let `docker compose ps`, `logs` and `down` recognise it.
// Source: docker/compose v5, pkg/api/labels.go.
#pragma once

#include <string_view>

namespace saasctl::plan::label {

inline constexpr std::string_view project = "com.docker.compose.project";
inline constexpr std::string_view service = "com.docker.compose.service";
inline constexpr std::string_view one_off = "com.docker.compose.oneoff";
inline constexpr std::string_view hook = "com.docker.compose.hook";  // pre_start: it runs before the service starts
inline constexpr std::string_view hook_index = "com.docker.compose.hook-index";
inline constexpr std::string_view config_hash = "com.docker.compose.config-hash";
inline constexpr std::string_view container_number = "com.docker.compose.container-number";
inline constexpr std::string_view working_dir = "com.docker.compose.project.working_dir";
inline constexpr std::string_view config_files = "com.docker.compose.project.config_files";
inline constexpr std::string_view depends_on = "com.docker.compose.depends_on";
inline constexpr std::string_view image = "com.docker.compose.image";
inline constexpr std::string_view network = "com.docker.compose.network";
inline constexpr std::string_view volume = "com.docker.compose.volume";

inline constexpr std::string_view model = "saasctl.model";      // what a container or network was made from: record.hpp
inline constexpr std::string_view secrets = "saasctl.secrets";  // on a volume: the project whose secrets it holds
inline constexpr std::string_view secrets_digest = "saasctl.secrets.digest";  // on a volume: SALT:HMAC of its content

}  // namespace saasctl::plan::label
