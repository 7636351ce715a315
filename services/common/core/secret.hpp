// A text that must never be printed: it has no stream operator, is not copied by accident, and its memory is wiped.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace saasctl::services {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(Secret&& other) noexcept : text_(std::exchange(other.text_, {})) {}
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  [[nodiscard]] bool empty() const { return text_.empty(); }
  // The one way to the text; the view lives as long as this object.
  [[nodiscard]] std::string_view reveal() const { return text_; }

 private:
  void wipe();

  std::string text_;
};

}  // namespace saasctl::services
