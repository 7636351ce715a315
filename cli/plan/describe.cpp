#include "plan/describe.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <vector>

#include "util/printable.hpp"
#include "util/text.hpp"

namespace saasctl::plan {
namespace {

constexpr std::array verdicts{"",     "create", "recreate", "start", "restart",
                              "stop", "remove", "rename",   "pull",  "build"};

std::string_view name_of(ResourceChange verdict) {
  return verdicts.at(static_cast<std::size_t>(verdict));
}

struct Kind {
  std::string_view action;  // as JSON names it
  std::string_view thing;
  std::string subject;
};

struct Kinds {
  Kind operator()(const CreateNetwork& work) const { return {"create_network", "network", work.name}; }
  Kind operator()(const RemoveNetwork& work) const { return {"remove_network", "network", work.name}; }
  Kind operator()(const ProbeNetwork& work) const { return {"probe_network", "network", work.name}; }
  Kind operator()(const ReplaceNetwork& work) const { return {"replace_network", "network", work.name}; }
  Kind operator()(const GetImage& work) const {
    return {work.build ? "build_image" : "pull_image", "image", work.image};
  }
  Kind operator()(const CreateVolume& work) const { return {"create_volume", "volume", work.name}; }
  Kind operator()(const RemoveVolume& work) const { return {"remove_volume", "volume", work.name}; }
  Kind operator()(const FillSecrets& work) const { return {"fill_secrets", "volume", work.volume}; }
  Kind operator()(const CreateContainer& work) const { return {"create_container", "container", work.name}; }
  Kind operator()(const StartContainer& work) const { return {"start_container", "container", work.container}; }
  Kind operator()(const StopContainer& work) const { return {"stop_container", "container", work.container}; }
  Kind operator()(const RemoveContainer& work) const { return {"remove_container", "container", work.container}; }
  Kind operator()(const RenameContainer& work) const { return {"rename_container", "container", work.container}; }
  Kind operator()(const ReattachContainer& work) const { return {"reattach_container", "container", work.container}; }
  Kind operator()(const RunHook& work) const { return {"run_hook", "container", work.container}; }
  Kind operator()(const RunContainer& work) const { return {"run_container", "container", work.container}; }
  Kind operator()(const KillContainer& work) const { return {"kill_container", "container", work.container}; }
  Kind operator()(const PauseContainer& work) const { return {"pause_container", "container", work.container}; }
  Kind operator()(const UnpauseContainer& work) const { return {"unpause_container", "container", work.container}; }
  Kind operator()(const AwaitService& work) const { return {"await_service", "container", work.container}; }
};

// A container is known by its service, with the number where it is not the first.
std::string subject_of(const Action& action) {
  const auto kind = std::visit(Kinds{}, action.work);
  if (kind.thing != "container") return fmt::format("{} {}", kind.thing, kind.subject);
  const auto service = std::visit(
      [](const auto& work) -> std::string {
        if constexpr (requires { work.service; }) return work.service;
        return "";
      },
      action.work);
  auto name = kind.subject;
  if (name.ends_with("-next")) name.resize(name.size() - 5);
  const auto dash = name.rfind('-');
  const auto number = dash == std::string::npos ? std::nullopt : parse_integer(std::string_view(name).substr(dash + 1));
  if (service.empty()) return name;
  return number && *number > 1 && name.ends_with(fmt::format("{}-{}", service, *number))
             ? fmt::format("{}-{}", service, *number)
             : service;
}

Json value_of(const Change& change, const std::optional<std::string>& value) {
  return value && !change.hidden ? Json(*value) : Json();
}

Json steps_of(const Plan& plan) {
  Json steps = Json::array();
  for (const auto& action : plan.actions) {
    if (action.verdict == ResourceChange::none) continue;
    Json changes = Json::array();
    for (const auto& change : action.changes) {
      changes.push_back({{"path", change.path},
                         {"before", value_of(change, change.before)},
                         {"after", value_of(change, change.after)},
                         {"hidden", change.hidden}});
    }
    steps.push_back({{"subject", subject_of(action)},
                     {"kind", std::visit(Kinds{}, action.work).thing},
                     {"verdict", name_of(action.verdict)},
                     {"cause", action.cause},
                     {"changes", std::move(changes)}});
  }
  return steps;
}

// Inside double quotes: DOT takes a backslash before quotes and backslashes, Mermaid an entity.
std::string quoted(const std::string& text, std::string_view quote, std::string_view backslash) {
  std::string out;
  for (const char c : text) {
    if (c == '"') {
      out += quote;
    } else if (c == '\\') {
      out += backslash;
    } else {
      out += c;
    }
  }
  return out;
}

// What each action waits for, without what follows from the rest: a drawing of all of it is a thicket.
std::vector<std::vector<std::size_t>> drawn_edges(const Plan& plan) {
  const auto count = plan.actions.size();
  std::vector<std::vector<bool>> before(count, std::vector<bool>(count));  // [i][j]: j is done before i
  std::vector<std::vector<std::size_t>> edges(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<bool> implied(count);
    for (const auto direct : plan.actions[i].after) {
      for (std::size_t j = 0; j < direct; ++j) {
        if (before[direct][j]) implied[j] = true;
      }
    }
    for (const auto direct : plan.actions[i].after) {
      before[i][direct] = true;
      if (!implied[direct]) edges[i].push_back(direct);
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (implied[j]) before[i][j] = true;
    }
  }
  return edges;
}

}  // namespace

std::string to_text(const Plan& plan) {
  std::string out;
  for (const auto& action : plan.actions) {
    if (action.verdict == ResourceChange::none) continue;
    auto line = fmt::format("{}: {}", subject_of(action), name_of(action.verdict));
    if (!action.cause.empty()) line += ": " + action.cause;
    out += printable_line(line) + "\n";
  }
  if (!plan.changes) return "nothing to do\n";
  if (!plan.unchanged.empty()) out += printable_line("unchanged: " + join(plan.unchanged, ", ")) + "\n";
  return out;
}

Json to_json(const Plan& plan, const std::string& project) {
  Json actions = Json::array();
  for (std::size_t i = 0; i < plan.actions.size(); ++i) {
    const auto& action = plan.actions[i];
    const auto kind = std::visit(Kinds{}, action.work);
    actions.push_back({{"id", i},
                       {"action", kind.action},
                       {"subject", kind.subject},
                       {"text", to_line(action)},
                       {"after", action.after}});
  }
  return {{"project", project},          {"changes", plan.changes}, {"steps", steps_of(plan)},
          {"unchanged", plan.unchanged}, {"notes", plan.notes},     {"actions", std::move(actions)}};
}

std::string to_dot(const Plan& plan) {
  std::string out = "digraph plan {\n  rankdir=LR;\n  node [shape=box];\n";
  const auto edges = drawn_edges(plan);
  for (std::size_t i = 0; i < plan.actions.size(); ++i) {
    out += fmt::format("  a{} [label=\"{}\"];\n", i, quoted(to_line(plan.actions[i]), "\\\"", "\\\\"));
    for (const auto before : edges[i]) out += fmt::format("  a{} -> a{};\n", before, i);
  }
  return out + "}\n";
}

std::string to_mermaid(const Plan& plan) {
  std::string out = "flowchart LR\n";
  const auto edges = drawn_edges(plan);
  for (std::size_t i = 0; i < plan.actions.size(); ++i) {
    out += fmt::format("  a{}[\"{}\"]\n", i, quoted(to_line(plan.actions[i]), "#quot;", "\\"));
    for (const auto before : edges[i]) out += fmt::format("  a{} --> a{}\n", before, i);
  }
  return out;
}

}  // namespace saasctl::plan
