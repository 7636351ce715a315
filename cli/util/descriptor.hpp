// A file descriptor with an owner.
#pragma once

#include <unistd.h>

#include <utility>

namespace saasctl {

class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() { close(); }
  // False when close(2) fails: a full disk may show only here.
  bool close() { return value_ < 0 || ::close(std::exchange(value_, -1)) == 0; }
  int get() const { return value_; }
  explicit operator bool() const { return value_ >= 0; }

 private:
  int value_;
};

}  // namespace saasctl
