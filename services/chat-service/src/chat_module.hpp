// chat-service's routes: conversations and messages.
#pragma once

#include <memory>

#include "common/core/settings.hpp"
#include "common/runtime/service.hpp"

namespace saasctl::chat {

[[nodiscard]] std::unique_ptr<services::Module> make_chat_module(services::Settings& settings,
                                                                 const services::Tools& tools);

}  // namespace saasctl::chat
