// Whether work grows in proportion to its input.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace saasctl::test {

// The quickest of three runs.
template <typename Work>
std::chrono::nanoseconds time_of(Work work) {
  auto best = std::chrono::nanoseconds::max();
  for (int i = 0; i < 3; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - start);
  }
  return best;
}

// True when eight times the input takes less than 24 times as long; quadratic work takes 64 times as long. `work` is
// given the size. The constant forgives what a busy machine adds.
template <typename Work>
bool grows_linearly(std::size_t small, Work work) {
  work(small / 8);  // what is made once
  const auto few = time_of([&] { work(small); });
  const auto many = time_of([&] { work(8 * small); });
  return many < 24 * few + std::chrono::milliseconds(100);
}

}  // namespace saasctl::test
