#include "passwords.hpp"

#include <sodium.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <new>

namespace saasctl::auth {

namespace {

namespace asio = services::asio;

constexpr std::size_t kWorkers = 2;
constexpr std::size_t kMostWaiting = 64;
constexpr unsigned long long kPasses = 2;
constexpr std::size_t kMemory = 19456 * 1024;

std::string argon2id(const std::string& password) {
  std::array<char, crypto_pwhash_STRBYTES> text{};
  const int failed = crypto_pwhash_str_alg(text.data(), password.data(), password.size(), kPasses, kMemory,
                                           crypto_pwhash_ALG_ARGON2ID13);
  if (failed != 0) throw std::bad_alloc();
  return text.data();
}

// Wipes the password when the work is done with it.
struct Wiped {
  std::string text;
  explicit Wiped(std::string password) : text(std::move(password)) {}
  Wiped(Wiped&&) = default;
  Wiped& operator=(Wiped&&) = delete;
  ~Wiped() { sodium_memzero(text.data(), text.size()); }
};

}  // namespace

Passwords::Passwords() : workers_(kWorkers), nobodys_hash_(argon2id("nobody's password")) {}

Passwords::~Passwords() {
  workers_.stop();
  workers_.join();
}

template <class Work>
services::Task<std::optional<std::invoke_result_t<Work>>> Passwords::offload(Work work) {
  using Value = std::invoke_result_t<Work>;
  if (waiting_ >= kMostWaiting) co_return std::nullopt;
  struct Count {
    std::size_t& count;
    explicit Count(std::size_t& waiting) : count(waiting) { ++count; }
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;
    ~Count() { --count; }
  };
  const Count counted(waiting_);
  auto on_worker = [](Work owned) -> services::Task<Value> { co_return owned(); };
  co_return co_await asio::co_spawn(workers_, on_worker(std::move(work)), asio::use_awaitable);
}

services::Task<std::optional<std::string>> Passwords::hash(std::string password) {
  co_return co_await offload([wiped = Wiped(std::move(password))] { return argon2id(wiped.text); });
}

services::Task<std::optional<bool>> Passwords::matches(std::string password, std::optional<std::string> hash) {
  const bool exists = hash.has_value();
  std::string expected = exists ? std::move(*hash) : nobodys_hash_;
  co_return co_await offload([wiped = Wiped(std::move(password)), expected = std::move(expected), exists] {
    return crypto_pwhash_str_verify(expected.c_str(), wiped.text.data(), wiped.text.size()) == 0 && exists;
  });
}

}  // namespace saasctl::auth
