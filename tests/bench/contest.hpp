// The tool and docker compose side by side: on the same file, each under a project name of its own, in alternating
// order.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/client.hpp"
#include "limit.hpp"
#include "measure.hpp"
#include "util/result.hpp"

namespace saasctl::bench {

struct Tools {
  std::filesystem::path saasctl;
  std::filesystem::path compose;
  std::filesystem::path repository;  // with the bundled stack
  int rounds = 5;
};

// What is compared on one line of the table.
struct Row {
  std::string name;
  std::string ours;    // our command
  std::string theirs;  // docker compose's
  std::vector<double> our_seconds;
  std::vector<double> their_seconds;
  std::vector<double> limit_seconds;  // empty where there is none
  std::vector<double> our_memory;     // MB; empty where it is not compared
  std::vector<double> their_memory;
};

// One side: a tool on a file under a project name. Removes the project's containers, networks and volumes at the end.
class Side {
 public:
  Side(const engine::Client& client, std::vector<std::string> head, std::string project, std::filesystem::path folder,
       std::map<std::string, std::string> variables)
      : client_(client),
        head_(std::move(head)),
        project_(std::move(project)),
        folder_(std::move(folder)),
        variables_(std::move(variables)) {}
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;
  ~Side() { static_cast<void>(remove(true)); }

  const std::string& project() const { return project_; }
  Result<Measured> run(const std::vector<std::string>& verb) const;
  Result<void> stop() const;
  // Containers, networks and volumes; `secrets`: the volumes that hold secrets too.
  Result<void> remove(bool secrets) const;

 private:
  const engine::Client& client_;
  std::vector<std::string> head_;  // the program and the options before the verb
  std::string project_;
  std::filesystem::path folder_;
  std::map<std::string, std::string> variables_;
};

using Words = std::vector<std::string>;

inline const Words our_up{"up"};
inline const Words our_up_engine{"up", "--wait=engine"};
inline const Words their_up{"up", "-d", "--wait"};

struct Contest {
  const engine::Client& client;
  const Tools& tools;
  Side ours;
  Side theirs;

  // The file that each reads; a Compose file as a rule, the same for both.
  Contest(const engine::Client& client, const Tools& tools, const std::filesystem::path& our_file,
          const std::filesystem::path& their_file, const std::map<std::string, std::string>& variables = {});

  // Does `one` for both sides, theirs first in every second round.
  Result<void> both(int round, const std::function<Result<void>(const Side& side, bool ours)>& one) const;

  // From nothing to ready, with the limit beside it.
  Result<Row> from_nothing(const std::string& name, const Words& up) const;
  // Everything is up already.
  Result<Row> no_change(const std::string& name) const;
  // From nothing, and with the containers stopped.
  Result<std::vector<Row>> cold_and_warm(const std::string& name) const;
  // Nothing is started: both only read and think.
  Result<Row> reading(const std::string& name, const Words& our_verb, const Words& their_verb) const;
};

}  // namespace saasctl::bench
