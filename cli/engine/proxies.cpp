#include "engine/proxies.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "engine/json.hpp"
#include "util/input.hpp"
#include "util/text.hpp"

namespace saasctl::engine {

Result<std::map<std::string, std::string>> proxy_variables(const std::filesystem::path& config_folder,
                                                           std::string_view host) {
  std::map<std::string, std::string> out;
  const auto path = config_folder / "config.json";
  const auto content = read_file(path, {"Docker's config.json", 16 * mebibyte});
  if (!content && content.error().kind == ErrorKind::not_found) return out;
  if (!content) return std::unexpected(content.error());
  const auto config = detail::parse(*content);
  if (config.is_discarded()) return failure(path.string() + " is not JSON", "repair or remove the file");
  const auto& proxies = detail::member(config, "proxies");
  const auto& own = detail::member(proxies, host);
  const auto& entry = own.is_object() ? own : detail::member(proxies, "default");
  constexpr std::array names{std::pair{"httpProxy", "HTTP_PROXY"}, std::pair{"httpsProxy", "HTTPS_PROXY"},
                             std::pair{"noProxy", "NO_PROXY"}, std::pair{"ftpProxy", "FTP_PROXY"},
                             std::pair{"allProxy", "ALL_PROXY"}};
  for (const auto& [key, variable] : names) {
    const auto value = detail::text(entry, key);
    if (value.empty()) continue;
    out[variable] = value;
    out[to_lower(variable)] = value;
  }
  return out;
}

}  // namespace saasctl::engine
