// Reading a service's configuration from environment variables and the files they name. Every problem is collected,
// so that a user sees all of them at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/secret.hpp"
#include "common/core/url.hpp"

namespace saasctl::services {

class Settings {
 public:
  // nullopt when the variable isn't set. An empty variable counts as not set everywhere, as Compose's ${VAR:-} does.
  using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

  explicit Settings(Lookup lookup) : lookup_(std::move(lookup)) {}

  [[nodiscard]] static Lookup process_environment();

  // Each returns the value, or after recording a problem something harmless of the type.
  std::string required(std::string_view name);
  std::string text(std::string_view name, std::string_view otherwise);
  std::uint16_t port(std::string_view name, std::uint16_t otherwise);
  int number(std::string_view name, int otherwise, int lowest, int highest);
  Url required_url(std::string_view name);
  std::optional<Url> url(std::string_view name);

  // The content of the file a variable names, without the line end editors leave behind.
  Secret required_secret(std::string_view name);
  // An unset variable or an absent or empty file is an empty secret; an unreadable file is a problem.
  Secret secret(std::string_view name);

  void problem(std::string_view name, std::string_view what);
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::optional<std::string> find(std::string_view name) const;

  Lookup lookup_;
  std::vector<std::string> problems_;
};

}  // namespace saasctl::services
