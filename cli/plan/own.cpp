#include "plan/own.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "plan/replica_body.hpp"

namespace saasctl::plan {
namespace {

Error reverted(const std::string& subject, const std::string& what, const std::string& cause) {
  const auto why = cause.empty() || cause == "new" ? "" : fmt::format(" ({})", cause);
  return {ErrorKind::conflict,
          fmt::format("{}: {} while this command ran, and this one does not revert that{}", subject, what, why),
          "the last command counts; to have what this one asked for, run it again when the other one is done"};
}

std::string observed_id(const Plan& plan, const std::string& container) {
  const auto found = plan.ids.find(container);
  return found == plan.ids.end() ? std::string() : found->second;
}

}  // namespace

Own::Own(const ObservedState& first) : networks_(first.networks) {
  for (const auto& container : first.containers) {
    // What `run` has created is at no place of its service.
    containers_.insert({container.id, {container.service, container.one_off ? 0 : container.number}});
  }
}

void Own::planned(const Plan& plan) {
  for (const auto& action : plan.actions) {
    if (const auto* work = std::get_if<RemoveContainer>(&action.work))
      going_.insert(observed_id(plan, work->container));
  }
}

void Own::created(const Plan& plan, const std::string& name, const std::string& id) {
  for (const auto& action : plan.actions) {
    const auto* work = std::get_if<CreateContainer>(&action.work);
    if (work && work->name == name) containers_.insert_or_assign(id, place_of(*work));
  }
}

std::optional<Error> Own::reverts(const Plan& next, const ObservedState& now) const {
  for (const auto& action : next.actions) {
    if (auto error = reverts(action, next, now)) return error;
  }
  return std::nullopt;
}

std::optional<Error> Own::reverts(const Action& action, const Plan& next, const ObservedState& now) const {
  if (const auto* work = std::get_if<CreateContainer>(&action.work)) return creation_reverts(*work, action.cause, now);
  if (const auto* work = std::get_if<ReplaceNetwork>(&action.work)) {
    const auto before = networks_.find(work->name);
    if (before != networks_.end() && before->second == work->id) return std::nullopt;
    return reverted("network " + work->name, "another command has created it", action.cause);
  }
  // One that does not run may be the rest of a command that was killed.
  if (const auto* work = std::get_if<RemoveContainer>(&action.work)) {
    const auto found = std::ranges::find(now.containers, observed_id(next, work->container), &ObservedContainer::id);
    if (found != now.containers.end() && is_newer(*found) && found->is_up())
      return reverted(found->service, "another command has created its container " + found->name, action.cause);
  }
  return std::nullopt;
}

std::optional<Error> Own::creation_reverts(const CreateContainer& work, const std::string& cause,
                                           const ObservedState& now) const {
  const auto place = place_of(work);
  bool is_taken = false;
  for (const auto& container : now.containers) {
    if (container.one_off || Place{container.service, container.number} != place) continue;
    if (is_newer(container)) return reverted(work.service, "another command has replaced its container", cause);
    is_taken = true;
  }
  const bool had = std::ranges::any_of(
      containers_, [&](const auto& own) { return own.second == place && !going_.contains(own.first); });
  if (!is_taken && had) return reverted(work.service, "another command has removed its container", "");
  return std::nullopt;
}

Own::Place Own::place_of(const CreateContainer& work) {
  return {work.service, number_in(work.body)};
}

bool Own::is_newer(const ObservedContainer& container) const {
  return !container.one_off && !has(container);
}

bool Own::has_newer(const ObservedState& now) const {
  return std::ranges::any_of(now.containers, [this](const auto& container) { return is_newer(container); });
}

}  // namespace saasctl::plan
