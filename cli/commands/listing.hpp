// What the listings of containers say: health, ports and ages in the words and fields of docker compose.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/containers.hpp"

namespace saasctl::commands {

// The option --format table|json.
void add_format(CLI::App& verb, std::string& format);

struct Listing {
  std::vector<std::string> headers;
  std::vector<std::vector<std::string>> rows = {};
  nlohmann::ordered_json json = nlohmann::ordered_json::array();  // of the same rows
};

// What the user asked for of the three: the first column alone, JSON, or a table.
std::string listing_text(const Listing& listing, bool quiet, const std::string& format);

// "healthy", "starting", "unhealthy", or "": the engine's list has it only inside its sentence.
std::string health_of(const engine::ContainerSummary& container);

// The N of "Exited (N) 3 minutes ago"; 0 while it runs.
int exit_code_of(const engine::ContainerSummary& container);

// "127.0.0.1:8080->80/tcp", "5432/tcp"; an IPv6 duplicate of an IPv4 address is not repeated.
std::vector<std::string> ports_of(const engine::ContainerSummary& container);

// "5 seconds", "About a minute", "3 hours", as docker says it. Source: docker/go-units, HumanDuration.
std::string human_duration(std::chrono::seconds duration);

// One object of `docker compose ps --format json`. `now` is the time that ages are counted to.
nlohmann::ordered_json ps_row(const engine::ContainerSummary& container, engine::Timestamp now);

}  // namespace saasctl::commands
