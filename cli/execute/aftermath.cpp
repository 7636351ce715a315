#include "execute/aftermath.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <thread>
#include <variant>

#include "engine/containers.hpp"
#include "execute/observe.hpp"
#include "plan/replica_body.hpp"
#include "util/wait.hpp"

namespace saasctl::execute {
namespace {

// The action that gives this container its name, and the name.
const plan::RenameContainer* renaming_of(const plan::Plan& plan, const std::string& container) {
  for (const auto& action : plan.actions) {
    const auto* work = std::get_if<plan::RenameContainer>(&action.work);
    if (work && work->container == container) return work;
  }
  return nullptr;
}

// The container of an action that a successor or its predecessor may be the object of.
const std::string* object_of(const plan::Work& work) {
  if (const auto* start = std::get_if<plan::StartContainer>(&work)) return &start->container;
  if (const auto* rename = std::get_if<plan::RenameContainer>(&work)) return &rename->container;
  return nullptr;
}

bool is_unused(const plan::Plan& plan, const std::vector<Progress>& progress, const std::string& successor,
               const std::string& predecessor) {
  for (std::size_t i = 0; i < plan.actions.size(); ++i) {
    if (progress[i] == Progress::waiting) continue;
    const auto* object = object_of(plan.actions[i].work);
    if (object && *object == successor) return false;
    const auto* removal = std::get_if<plan::RemoveContainer>(&plan.actions[i].work);
    if (removal && removal->container == predecessor) return false;
  }
  return true;
}

// Requests that the engine may still carry out, by the id of their container, in words.
std::map<std::string, std::string> pending_requests(const plan::Plan& plan, const ContainerIds& container_ids,
                                                    const std::vector<Progress>& progress) {
  std::map<std::string, std::string> out;
  const auto add = [&](const std::string& container, const char* words) {
    if (const auto id = container_ids.id_of(container)) out[*id] = words;
  };
  for (std::size_t i = 0; i < progress.size(); ++i) {
    if (progress[i] != Progress::unanswered) continue;
    const auto& work = plan.actions[i].work;
    if (const auto* start = std::get_if<plan::StartContainer>(&work)) add(start->container, "being started");
    if (const auto* stop = std::get_if<plan::StopContainer>(&work)) add(stop->container, "being stopped");
    if (const auto* removal = std::get_if<plan::RemoveContainer>(&work)) add(removal->container, "being removed");
  }
  return out;
}

// The ids of containers that the plan wants to replace.
std::set<std::string> to_be_replaced(const plan::Plan& plan) {
  std::set<std::string> renewed, ids;
  for (const auto& action : plan.actions) {
    if (const auto* work = std::get_if<plan::CreateContainer>(&action.work)) renewed.insert(work->service);
  }
  for (const auto& action : plan.actions) {
    const auto* work = std::get_if<plan::RemoveContainer>(&action.work);
    const auto known = work ? plan.ids.find(work->container) : plan.ids.end();
    if (known != plan.ids.end() && renewed.contains(work->service)) ids.insert(known->second);
  }
  return ids;
}

std::string without_project(const project::Project& project, const std::string& name) {
  const auto head = project.name + "-";
  return name.starts_with(head) ? name.substr(head.size()) : name;
}

// A service with one container, or with several that are all alike, goes by its own name.
void merge_alike(const std::string& service, std::vector<Remnant>& remnants) {
  const auto differs = [&](const Remnant& one) {
    return one.state != remnants.front().state || one.note != remnants.front().note;
  };
  if (remnants.empty() || std::ranges::any_of(remnants, differs)) return;
  remnants.resize(1);
  remnants.front().subject = service;
}

}  // namespace

std::vector<std::size_t> unused_successors(const plan::Plan& plan, const std::vector<Progress>& progress) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < plan.actions.size(); ++i) {
    const auto* work = std::get_if<plan::CreateContainer>(&plan.actions[i].work);
    if (!work || progress[i] != Progress::done) continue;
    const auto* renaming = renaming_of(plan, work->name);
    if (renaming && plan.ids.contains(renaming->name) && is_unused(plan, progress, work->name, renaming->name))
      out.push_back(i);
  }
  return out;
}

void remove_successors(const engine::Client& client, const plan::Plan& plan, const ContainerIds& container_ids,
                       const std::vector<std::size_t>& successors, std::chrono::milliseconds limit) {
  std::stop_source late;
  const std::jthread clock([&](const std::stop_token& done) {
    pause(limit, done);
    late.request_stop();
  });
  const auto stop = late.get_token();
  for (const auto index : successors) {
    const auto& work = std::get<plan::CreateContainer>(plan.actions[index].work);
    const auto id = container_ids.id_of(work.name);
    if (!id) continue;
    // Volumes without a name go from container to container: the last one that has them must stay.
    const auto predecessor = engine::inspect_container(client, plan.ids.at(renaming_of(plan, work.name)->name), stop);
    const auto successor = engine::inspect_container(client, *id, stop);
    if (!predecessor || !successor || successor->state.status != "created") continue;
    static_cast<void>(engine::remove_container(client, *id, {.force = false, .volumes = true}, stop));
  }
}

std::vector<Remnant> remnants_after(const engine::Client& client, const project::Project& project,
                                    const plan::Plan& plan, const ContainerIds& container_ids,
                                    const std::vector<Progress>& progress, const std::stop_token& stop) {
  const auto containers = list_observed(client, project.name, stop);
  if (!containers) return {};
  const auto pending = pending_requests(plan, container_ids, progress);
  const auto old = to_be_replaced(plan);
  std::vector<Remnant> out;
  for (const auto& service : project.services) {
    std::vector<Remnant> of_service;
    std::set<unsigned> numbers;
    for (const auto& container : *containers) {
      if (container.one_off || container.service != service.name) continue;
      const auto request = pending.find(container.id);
      const auto note = request != pending.end()                          ? request->second
                        : old.contains(container.id) && container.is_up() ? "not replaced"
                                                                          : "";
      of_service.push_back({without_project(project, container.name), container.state, note});
      numbers.insert(container.number);
    }
    for (const auto& action : plan.actions) {
      const auto* work = std::get_if<plan::CreateContainer>(&action.work);
      if (work && work->service == service.name && !numbers.contains(plan::number_in(work->body)))
        of_service.push_back({without_project(project, work->name), "", ""});
    }
    std::ranges::sort(of_service, {}, &Remnant::subject);
    merge_alike(service.name, of_service);
    out.insert(out.end(), of_service.begin(), of_service.end());
  }
  return out;
}

std::vector<Remnant> remnants_of(const engine::Client& client, const project::Project& project,
                                 const std::stop_token& stop) {
  return remnants_after(client, project, {}, ContainerIds({}), {}, stop);
}

}  // namespace saasctl::execute
