// Random values for property tests: the same seed gives the same values on every machine.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace saasctl {

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : engine_(seed) {}

  // 0 … count - 1. Not std::uniform_int_distribution, whose values differ between standard libraries.
  std::size_t below(std::size_t count) { return engine_() % count; }
  bool one_in(std::size_t count) { return below(count) == 0; }

  template <typename T>
  const T& pick(const std::vector<T>& values) {
    return values[below(values.size())];
  }

 private:
  std::mt19937 engine_;
};

}  // namespace saasctl
