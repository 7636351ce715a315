// Hashing passwords with argon2id (RFC 9106) off the event loop's thread.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <optional>
#include <string>

#include "common/runtime/asio.hpp"

namespace saasctl::auth {

// Every hash takes 19 MiB and some 20 ms of CPU (OWASP's first recommendation: m=19456 KiB, t=2, p=1), so two at a time
// are made and a bounded number wait. Methods belong to the event loop's thread.
class Passwords {
 public:
  Passwords();
  Passwords(const Passwords&) = delete;
  Passwords& operator=(const Passwords&) = delete;
  ~Passwords();

  // libsodium's text form, holding parameters and salt. nullopt: too many are waiting, try later.
  [[nodiscard]] services::Task<std::optional<std::string>> hash(std::string password);

  // nullopt: too many are waiting. Without a hash (there is no such user) the work is done all the same, so that time
  // doesn't tell who has an account.
  [[nodiscard]] services::Task<std::optional<bool>> matches(std::string password, std::optional<std::string> hash);

 private:
  template <class Work>
  services::Task<std::optional<std::invoke_result_t<Work>>> offload(Work work);

  services::asio::thread_pool workers_;
  std::size_t waiting_ = 0;
  std::string nobodys_hash_;
};

}  // namespace saasctl::auth
