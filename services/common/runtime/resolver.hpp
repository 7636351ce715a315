// Names to addresses, through the system's resolver (inside a Compose network: Docker's DNS).
#pragma once

#include <boost/asio/ip/address.hpp>
#include <expected>
#include <string>
#include <vector>

#include "common/runtime/asio.hpp"

namespace saasctl::services {

// At least one address, IPv4 first; a numeric host is its own address. The error names the host and why. A query the
// system's resolver is stuck in is left to end by itself; the caller waits no longer than the deadline.
[[nodiscard]] Task<std::expected<std::vector<asio::ip::address>, std::string>> resolve(std::string host,
                                                                                       Deadline deadline);

}  // namespace saasctl::services
