// What containers do: their processes and what they use. Source: Docker Engine API 1.41, GET /containers/{id}/top and
// GET /containers/{id}/stats. Errors are those of Client::send (conflict, on older engines failed: it does not run).
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/client.hpp"
#include "util/result.hpp"

namespace saasctl::engine {

struct Processes {
  std::vector<std::string> titles;  // of the columns of ps
  std::vector<std::vector<std::string>> rows;
};

Result<Processes> container_processes(const Client& client, std::string_view container, std::stop_token stop);

struct Usage {
  double cpu_percent = 0;         // of one processor: 200 are two whole ones
  std::int64_t memory = 0;        // bytes, without the page cache that can be given back
  std::int64_t memory_limit = 0;  // bytes; the machine's memory when the container has no limit
  std::int64_t network_in = 0;    // bytes since the start, over all networks
  std::int64_t network_out = 0;
  std::int64_t block_in = 0;  // bytes read
  std::int64_t block_out = 0;
  std::int64_t processes = 0;

  double memory_percent() const;
};

// One answer of the engine, which holds two measurements. Source: docker/cli, cli/command/container/stats_helpers.go.
Usage parse_usage(const nlohmann::json& stats);

// One measurement; the engine takes a second or two for it.
Result<Usage> container_usage(const Client& client, std::string_view container, std::stop_token stop);

// A measurement every second until `sink` returns false, the container ends or the token is set (interrupted).
Result<void> watch_usage(const Client& client, std::string_view container,
                         const std::function<bool(const Usage&)>& sink, std::stop_token stop);

}  // namespace saasctl::engine
