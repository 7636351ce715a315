// Who answers in a chat: an OpenAI-compatible chat/completions API, or when no key is configured a built-in assistant
// whose answers depend on nothing but the message.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "common/core/settings.hpp"
#include "common/runtime/service.hpp"

namespace saasctl::chat {

struct Turn {
  std::string role;  // "user" or "assistant"
  std::string content;
};

class Assistant {
 public:
  virtual ~Assistant() = default;
  // The answer to the last of the turns. The error, for logs, never holds the key.
  virtual services::Task<std::expected<std::string, std::string>> answer(std::vector<Turn> turns,
                                                                         const services::Span& span) = 0;
};

// Reads AI_API_URL (up to and without /chat/completions), AI_MODEL, AI_API_KEY_FILE and AI_TIMEOUT_MS.
[[nodiscard]] std::unique_ptr<Assistant> make_assistant(services::Settings& settings, const services::Tools& tools);

}  // namespace saasctl::chat
