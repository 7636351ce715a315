// auth-service's routes: accounts, logins and tokens.
#pragma once

#include <memory>

#include "common/core/settings.hpp"
#include "common/runtime/service.hpp"

namespace saasctl::auth {

[[nodiscard]] std::unique_ptr<services::Module> make_auth_module(services::Settings& settings,
                                                                 const services::Tools& tools);

}  // namespace saasctl::auth
