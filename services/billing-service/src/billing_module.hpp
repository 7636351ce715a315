// billing-service's routes: plans, subscriptions and usage.
#pragma once

#include <memory>

#include "common/core/settings.hpp"
#include "common/runtime/service.hpp"

namespace saasctl::billing {

[[nodiscard]] std::unique_ptr<services::Module> make_billing_module(services::Settings& settings,
                                                                    const services::Tools& tools);

}  // namespace saasctl::billing
