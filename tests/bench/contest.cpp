#include "contest.hpp"

#include <thread>

#include "engine/containers.hpp"
#include "engine/networks.hpp"
#include "engine/volumes.hpp"
#include "plan/labels.hpp"

namespace saasctl::bench {
namespace {

std::string text_of(const char* tool, const Words& words) {
  std::string text = tool;
  for (const auto& word : words) text += " " + word;
  return text;
}

Row row_of(const std::string& name, const Words& our_verb, const Words& their_verb) {
  Row row;
  row.name = name;
  row.ours = text_of("saasctl", our_verb);
  row.theirs = text_of("docker-compose", their_verb);
  return row;
}

}  // namespace

Result<Measured> Side::run(const std::vector<std::string>& verb) const {
  auto words = head_;
  words.insert(words.end(), verb.begin(), verb.end());
  return measure({words, folder_, variables_});
}

Result<void> Side::stop() const {
  const auto list = engine::list_containers(client_, {std::string(plan::label::project) + "=" + project_}, {});
  if (!list) return std::unexpected(list.error());
  std::vector<Result<void>> ends(list->size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < list->size(); ++i)
      threads.emplace_back([&, i] { ends[i] = engine::stop_container(client_, (*list)[i].id, {}, {}); });
  }
  for (auto& end : ends) {
    if (!end) return end;
  }
  return {};
}

Result<void> Side::remove(bool secrets) const {
  const std::vector<std::string> label{std::string(plan::label::project) + "=" + project_};
  const auto containers = engine::list_containers(client_, label, {});
  if (!containers) return std::unexpected(containers.error());
  for (const auto& one : *containers) {
    const auto done = engine::remove_container(client_, one.id, {.force = true, .volumes = true}, {});
    if (!done) return done;
  }
  const auto networks = engine::list_networks(client_, label, {});
  if (!networks) return std::unexpected(networks.error());
  for (const auto& one : *networks) {
    if (const auto done = engine::remove_network(client_, one.id, {}); !done) return done;
  }
  const auto volumes = engine::list_volumes(client_, {}, {});
  if (!volumes) return std::unexpected(volumes.error());
  for (const auto& one : *volumes) {
    if (!one.name.starts_with(project_ + "_")) continue;
    if (!secrets && one.labels.contains(std::string(plan::label::secrets))) continue;
    if (const auto done = engine::remove_volume(client_, one.name, true, {}); !done) return done;
  }
  return {};
}

Contest::Contest(const engine::Client& client_of, const Tools& tools_of, const std::filesystem::path& our_file,
                 const std::filesystem::path& their_file, const std::map<std::string, std::string>& variables)
    : client(client_of),
      tools(tools_of),
      ours(client_of, {tools_of.saasctl.string(), "-f", our_file.string(), "-p", "saasctl-bench"}, "saasctl-bench",
           our_file.parent_path(), variables),
      theirs(client_of, {tools_of.compose.string(), "-f", their_file.string(), "-p", "saasctl-bench-compose"},
             "saasctl-bench-compose", their_file.parent_path(), variables) {}

Result<void> Contest::both(int round, const std::function<Result<void>(const Side& side, bool ours)>& one) const {
  for (const bool first : {true, false}) {
    const bool our_turn = first == (round % 2 == 0);
    if (const auto done = one(our_turn ? ours : theirs, our_turn); !done) return done;
  }
  return {};
}

Result<Row> Contest::from_nothing(const std::string& name, const Words& up) const {
  auto row = row_of(name, up, their_up);
  for (int round = 0; round < tools.rounds; ++round) {
    std::optional<Blueprint> blueprint;
    const auto done = both(round, [&](const Side& side, bool our_turn) -> Result<void> {
      const auto measured = side.run(our_turn ? up : their_up);
      if (!measured) return std::unexpected(measured.error());
      (our_turn ? row.our_seconds : row.their_seconds).push_back(measured->seconds);
      if (our_turn) {
        auto seen = blueprint_of(client, side.project());
        if (!seen) return std::unexpected(seen.error());
        blueprint = std::move(*seen);
      }
      return side.remove(false);
    });
    if (!done) return std::unexpected(done.error());
    const auto limit = limit_from_nothing(client, *blueprint);
    if (!limit) return std::unexpected(limit.error());
    row.limit_seconds.push_back(*limit);
    if (const auto removed = ours.remove(false); !removed) return std::unexpected(removed.error());
  }
  return row;
}

Result<Row> Contest::no_change(const std::string& name) const {
  auto row = row_of(name, our_up, their_up);
  for (const auto* side : {&ours, &theirs}) {
    if (const auto up = side->run(side == &ours ? our_up_engine : their_up); !up) return std::unexpected(up.error());
  }
  // Each takes so little time that more rounds are to be had.
  for (int round = 0; round < 3 * tools.rounds; ++round) {
    const auto done = both(round, [&](const Side& side, bool our_turn) -> Result<void> {
      const auto measured = side.run(our_turn ? our_up : their_up);
      if (!measured) return std::unexpected(measured.error());
      (our_turn ? row.our_seconds : row.their_seconds).push_back(measured->seconds);
      return {};
    });
    if (!done) return std::unexpected(done.error());
  }
  return row;
}

Result<std::vector<Row>> Contest::cold_and_warm(const std::string& name) const {
  auto cold = row_of(name + ", cold", our_up, their_up);
  auto warm = row_of(name + ", warm (containers stopped)", our_up, their_up);
  for (int round = 0; round < tools.rounds; ++round) {
    std::optional<Blueprint> blueprint;
    const auto done = both(round, [&](const Side& side, bool our_turn) -> Result<void> {
      for (auto* row : {&cold, &warm}) {
        const auto measured = side.run(our_turn ? our_up : their_up);
        if (!measured) return std::unexpected(measured.error());
        (our_turn ? row->our_seconds : row->their_seconds).push_back(measured->seconds);
        if (row == &warm) break;
        if (const auto stopped = side.stop(); !stopped) return stopped;
      }
      if (our_turn) {
        auto seen = blueprint_of(client, side.project());
        if (!seen) return std::unexpected(seen.error());
        blueprint = std::move(*seen);
      }
      return side.remove(false);
    });
    if (!done) return std::unexpected(done.error());
    const auto from_nothing = limit_from_nothing(client, *blueprint);
    if (!from_nothing) return std::unexpected(from_nothing.error());
    cold.limit_seconds.push_back(*from_nothing);
    if (const auto stopped = ours.stop(); !stopped) return std::unexpected(stopped.error());
    const auto from_stopped = limit_from_stopped(client, *blueprint);
    if (!from_stopped) return std::unexpected(from_stopped.error());
    warm.limit_seconds.push_back(*from_stopped);
    if (const auto removed = ours.remove(false); !removed) return std::unexpected(removed.error());
  }
  return std::vector{cold, warm};
}

Result<Row> Contest::reading(const std::string& name, const Words& our_verb, const Words& their_verb) const {
  auto row = row_of(name, our_verb, their_verb);
  for (int round = 0; round < tools.rounds; ++round) {
    const auto done = both(round, [&](const Side& side, bool our_turn) -> Result<void> {
      const auto measured = side.run(our_turn ? our_verb : their_verb);
      if (!measured) return std::unexpected(measured.error());
      (our_turn ? row.our_seconds : row.their_seconds).push_back(measured->seconds);
      (our_turn ? row.our_memory : row.their_memory).push_back(measured->memory);
      return {};
    });
    if (!done) return std::unexpected(done.error());
  }
  return row;
}

}  // namespace saasctl::bench
