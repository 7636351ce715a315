#include "common/core/secret.hpp"

#include <sodium.h>

namespace saasctl::services {

void Secret::wipe() {
  sodium_memzero(text_.data(), text_.size());
}

Secret::~Secret() {
  wipe();
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    text_ = std::exchange(other.text_, {});
  }
  return *this;
}

}  // namespace saasctl::services
