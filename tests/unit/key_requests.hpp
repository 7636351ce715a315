// What the engine is asked for a stack file: every request of `up`, `down`, `restart`, `build` and `watch` as one JSON
// tree, so that a test can name the field that a key of the file sets.
#pragma once

#include <fmt/format.h>

#include <list>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "build/acquire.hpp"
#include "key_engine.hpp"
#include "plan/container_body.hpp"
#include "plan/lifecycle.hpp"
#include "plan/plan.hpp"
#include "project/order.hpp"
#include "project/service.hpp"
#include "project_files.hpp"
#include "sync/watch_rules.hpp"

namespace saasctl::test {

using KeyJson = nlohmann::json;

struct KeyScene {
  project::Files files;         // with stack.yaml
  yaml::Variables environment;  // of the caller
  std::vector<std::string> profiles = {};
  bool with_images = false;               // also what pulls and builds ask for, which takes a server
  std::vector<std::string> sockets = {};  // files of the folder that somebody listens on
};

// The members of the tree, each by the name of a service, network or volume where it has one:
//   project     name of the project
//   names       names of the containers of a service
//   containers  body of ContainerCreate of the service's first container
//   platform    parameter of ContainerCreate
//   connect     network → EndpointSettings of NetworkConnect
//   files       configs and secrets that are copied into the container: target, owner, mode, content
//   secrets     the same of files in secret volumes
//   networks    body of NetworkCreate, by the name at the engine
//   volumes     body of VolumeCreate, likewise
//   pre_start   bodies of ContainerCreate of what runs before a service starts
//   hooks       "post_start" or "pre_stop" → commands of a service with their ExecCreate fields
//   up          line of an action → lines of the actions that it waits for
//   down, restart, replace   the same for `down`, `restart db`, and `up --force-recreate` over running containers
//   attached    services whose output an `up` that stays shows
//   watch       rules of a service, with the files out of `probes` that each one covers
//   images      what `up` asks for images; the engine has web:1 and db:1, tagged ten hours ago, and nothing else
//   builds      parameters of ImageBuild, by the first tag
//   sent        FROM lines of what a classic builder gets, likewise
//   build_secrets, agents   what the build session hands out: id → content, and ids of SSH agents
//   refused     why an image can be neither pulled nor built
class KeyRequests {
 public:
  explicit KeyRequests(const KeyScene& running) : files_(running.files), scene_(running) {}

  // Error: that of the first step which fails.
  Result<KeyJson> make() {
    std::list<LocalServer> servers;
    for (const auto& socket : scene_.sockets)
      servers.emplace_back(files_.folder() / socket, [](int, const std::string&, std::stop_token) {});
    auto loaded = project::load(
        {.files = {files_.folder() / "stack.yaml"}, .environment = scene_.environment, .profiles = scene_.profiles});
    if (!loaded) return std::unexpected(loaded.error());
    const auto& project = loaded->project;
    out_ = {{"project", project.name}};
    describe_volumes(project);
    plan::ObservedState observed = images_of(project);
    const auto up = plan::plan_up(project, observed, {});
    if (!up) return std::unexpected(up.error());
    for (const auto& action : up->actions) take(project, action);
    out_["up"] = lines(*up);
    observe_running(project, *up, observed);
    const auto down = plan::plan_down(project, observed, {.volumes = true});
    for (const auto& action : down.actions) take(project, action);
    out_["down"] = lines(down);
    std::vector<std::string> names;
    for (const auto& service : project.services) names.push_back(service.name);
    out_["attached"] = project::attached_services(project, names);
    if (const auto restart = plan::plan_restart({project, observed.containers, {"db"}}, false))
      out_["restart"] = lines(*restart);
    plan::UpOptions again;
    again.force_recreate = true;
    again.wait = plan::Wait::none;
    const auto replace = plan::plan_up(project, observed, again);
    if (!replace) return std::unexpected(replace.error());
    out_["replace"] = lines(*replace);
    for (const auto& service : project.services) out_["hashes"][service.name] = service.hash;
    if (auto done = describe_watch(project); !done) return std::unexpected(done.error());
    if (scene_.with_images) {
      if (auto done = describe_images(project); !done) return std::unexpected(done.error());
    }
    return without_folder(out_);
  }

 private:
  static plan::ObservedState images_of(const project::Project& project) {
    plan::ObservedState observed;
    for (const auto& service : project.services) {
      for (const auto* one : project::with_steps(service)) observed.images[one->image] = {"sha256:" + one->image, ""};
    }
    for (const auto& network : project.networks) {
      if (network.external) observed.networks[network.name] = "id-" + network.name;
    }
    for (const auto& volume : project.volumes) {
      if (volume.external) observed.volumes.push_back(volume.name);
    }
    return observed;
  }

  // The engine once the plan has been carried out.
  static void observe_running(const project::Project& project, const plan::Plan& up, plan::ObservedState& observed) {
    for (const auto& action : up.actions) {
      if (const auto* work = std::get_if<plan::CreateContainer>(&action.work)) {
        if (is_step(*work)) continue;
        const auto& service = *project.find(work->service);
        plan::ObservedContainer container;
        container.id = "id-" + work->name;
        container.name = work->name;
        container.service = work->service;
        container.state = "running";
        container.image_id = observed.images.at(service.image).id;
        container.hash = service.hash;
        container.model = service.model.dump();
        container.number = static_cast<unsigned>(
            std::stoul(work->body["Labels"]["com.docker.compose.container-number"].get<std::string>()));
        observed.containers.push_back(std::move(container));
      } else if (const auto* network = std::get_if<plan::CreateNetwork>(&action.work)) {
        observed.networks[network->name] = "id-" + network->name;
        observed.project_networks.push_back(network->name);
      } else if (const auto* volume = std::get_if<plan::CreateVolume>(&action.work)) {
        observed.volumes.push_back(volume->name);
      }
    }
  }

  static bool is_step(const plan::CreateContainer& work) {
    return work.body["Labels"].contains("com.docker.compose.hook");
  }

  static KeyJson lines(const plan::Plan& plan) {
    KeyJson out = KeyJson::object();
    std::vector<std::string> all;
    for (const auto& action : plan.actions) all.push_back(plan::to_line({action.work, "", {}}));
    for (std::size_t i = 0; i < plan.actions.size(); ++i) {
      std::set<std::string> after;
      for (const auto index : plan.actions[i].after) after.insert(all[index]);
      out[all[i]] = after;
    }
    return out;
  }

  // A volume that no service uses is not made, so bodies are taken from those that are.
  void describe_volumes(const project::Project& project) {
    for (const auto& volume : project.volumes) out_["external"][volume.key] = volume.external;
    for (const auto& network : project.networks) out_["external"][network.key] = network.external;
  }

  void take(const project::Project& project, const plan::Action& action) {
    if (const auto* network = std::get_if<plan::CreateNetwork>(&action.work))
      out_["networks"][network->name] = network->body;
    if (const auto* volume = std::get_if<plan::CreateVolume>(&action.work))
      out_["volumes"][volume->name] = volume->body;
    if (const auto* fill = std::get_if<plan::FillSecrets>(&action.work))
      out_["secrets"][fill->service] = contents(project, fill->files);
    if (const auto* hook = std::get_if<plan::RunHook>(&action.work)) {
      out_["hooks"][hook->when][hook->service].push_back({{"Cmd", hook->command},
                                                          {"User", hook->user},
                                                          {"WorkingDir", hook->working_directory},
                                                          {"Env", hook->environment},
                                                          {"Privileged", hook->privileged}});
    }
    if (const auto* create = std::get_if<plan::CreateContainer>(&action.work)) take(project, *create);
  }

  void take(const project::Project& project, const plan::CreateContainer& work) {
    if (is_step(work)) {
      out_["pre_start"][work.service].push_back(KeyJson(work.body));
      return;
    }
    out_["names"][work.service].push_back(work.name);
    if (out_["containers"].contains(work.service)) return;
    out_["containers"][work.service] = work.body;
    out_["platform"][work.service] = work.platform;
    for (const auto& [network, endpoint] : work.connect) out_["connect"][work.service][network] = endpoint;
    out_["files"][work.service] = contents(project, work.files);
  }

  static KeyJson contents(const project::Project& project, const std::vector<project::Grant>& grants) {
    KeyJson out = KeyJson::array();
    for (const auto& grant : grants) {
      const auto content = project::read_content(*project.find_content(grant), project_environment(project));
      out.push_back({{"target", grant.target},
                     {"owner", grant.uid + ":" + grant.gid},
                     {"mode", fmt::format("{:04o}", grant.mode)},
                     {"content", content ? *content : content.error().message}});
    }
    return out;
  }

  static yaml::Environment project_environment(const project::Project& project) {
    return [&project](std::string_view name) -> std::optional<std::string> {
      const auto found = project.environment.find(name);
      return found == project.environment.end() ? std::nullopt : std::optional(found->second);
    };
  }

  Result<void> describe_watch(const project::Project& project) {
    for (const auto& service : project.services) {
      if (!service.spec.develop) continue;
      for (const auto& watch : service.spec.develop->watch) {
        const auto rule = sync::make_rule(service.name, project.folder, watch, {});
        if (!rule) return std::unexpected(rule.error());
        KeyJson covered = KeyJson::array();
        for (const auto* probe : {"src/a.txt", "src/b.log", "src/keep/c.txt", "lib/d.txt"}) {
          if (rule->covers(project.folder / probe)) covered.push_back(probe);
        }
        KeyJson exec = nullptr;
        if (rule->exec) {
          std::vector<std::string> environment;
          for (const auto& entry : rule->exec->environment)
            environment.push_back(entry.name + "=" + entry.value.value_or(""));
          exec = {{"Cmd", rule->exec->command},
                  {"User", rule->exec->user.value_or("")},
                  {"WorkingDir", rule->exec->working_dir.value_or("")},
                  {"Env", environment},
                  {"Privileged", rule->exec->privileged.value_or(false)}};
        }
        out_["watch"][service.name].push_back({{"covers", std::move(covered)},
                                               {"action", rule->action},
                                               {"target", rule->target},
                                               {"initial", rule->initial_sync},
                                               {"exec", std::move(exec)}});
      }
    }
    return {};
  }

  Result<void> describe_images(const project::Project& project) {
    for (const bool podman : {false, true}) {
      KeyEngine engine(podman);
      const auto client = engine::Client::connect(engine.endpoint(), {});
      if (!client) return std::unexpected(client.error());
      const auto acquire = [&](build::Acquire what) {
        const auto done = build::acquire_images(
            *client, project, {.what = what}, [](const auto&) {}, std::stop_token());
        if (!done && !podman) out_["refused"] = reason_of(done.error().message);
      };
      if (podman) {  // what it refuses, such as build secrets, is not sent; the other engine's answer counts
        acquire(build::Acquire::build);
        out_["sent"] = engine.sent();
        continue;
      }
      acquire(build::Acquire::missing);
      out_["images"] = engine.take_calls();
      acquire(build::Acquire::build);
      out_["builds"] = engine.builds();
      out_["build_secrets"] = engine.secrets();
      out_["agents"] = engine.agents();
    }
    return {};
  }

  // "web cannot be built: KEY: why" of a message that also shows the line of the file.
  static std::string reason_of(const std::string& message) {
    const auto found = message.find("web cannot be built");
    const auto begin = found == std::string::npos ? 0 : found;
    return message.substr(begin, message.find('\n', begin) - begin);
  }

  // Paths below the temporary folder begin with FOLDER.
  KeyJson without_folder(const KeyJson& value) const {
    auto text = value.dump();
    const auto folder = files_.folder().string();
    for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder, at))
      text.replace(at, folder.size(), "FOLDER");
    return KeyJson::parse(text);
  }

  project::ProjectFiles files_;
  const KeyScene& scene_;
  KeyJson out_;
};

}  // namespace saasctl::test
