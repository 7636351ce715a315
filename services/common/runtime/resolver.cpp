#include "common/runtime/resolver.hpp"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>

namespace saasctl::services {

namespace {

using asio::ip::tcp;

// Shared with the completion handler, which may come after the caller gave up.
struct Query {
  Query(const asio::any_io_executor& executor, Deadline deadline)
      : resolver(executor), patience(executor, deadline.left()) {}
  tcp::resolver resolver;
  asio::steady_timer patience;
  std::optional<boost::system::error_code> error;
  std::vector<asio::ip::address> addresses;
};

}  // namespace

Task<std::expected<std::vector<asio::ip::address>, std::string>> resolve(std::string host, Deadline deadline) {
  boost::system::error_code not_numeric;
  const auto numeric = asio::ip::make_address(host, not_numeric);
  if (!not_numeric) co_return std::vector{numeric};

  auto query = std::make_shared<Query>(co_await asio::this_coro::executor, deadline);
  query->resolver.async_resolve(host, "",
                                [query](boost::system::error_code error, const tcp::resolver::results_type& found) {
                                  query->error = error;
                                  for (const auto& entry : found)
                                    query->addresses.push_back(entry.endpoint().address());
                                  query->patience.cancel();
                                });
  co_await query->patience.async_wait(kAsTuple);

  if (!query->error) co_return std::unexpected("the name '" + host + "' was not resolved in time");
  if (*query->error || query->addresses.empty()) {
    co_return std::unexpected("the name '" + host + "' cannot be resolved: " + query->error->message());
  }
  std::ranges::stable_partition(query->addresses, [](const asio::ip::address& address) { return address.is_v4(); });
  co_return std::move(query->addresses);
}

}  // namespace saasctl::services
