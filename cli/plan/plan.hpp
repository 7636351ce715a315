// What `up` and `down` will do: a graph of actions, each with its cause. Pure: no I/O, no clock.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "plan/model_diff.hpp"
#include "plan/observed_state.hpp"
#include "project/project.hpp"

namespace saasctl::plan {

using project::Json;

struct CreateNetwork {
  std::string name;
  Json body;  // the API's NetworkCreate
};
struct RemoveNetwork {
  std::string name;
};
// Creates the network under another name and removes it at once: what the engine refuses is known before
// anything is stopped.
struct ProbeNetwork {
  std::string name;
  Json body;
};
// Removes the network and creates it again, changed. When that fails, the network of before is created again.
struct ReplaceNetwork {
  std::string name;
  std::string id;  // of the existing one
  Json body;
  Json before;  // what creates the existing one again
};
// Gets an image that the engine does not have. Only in plans for display: `up` gets its images first, because their
// configurations decide about the rest of the plan.
struct GetImage {
  std::string service;  // the first service with this image
  std::string image;
  bool build = false;  // otherwise it is pulled
};
struct CreateVolume {
  std::string name;
  Json body;  // the API's VolumeCreate
};
struct RemoveVolume {
  std::string name;
  bool if_unused = false;  // the engine keeps one that a container mounts, which is then no error
};
// Makes a volume of secrets and fills it through a container that is never started.
struct FillSecrets {
  std::string service;
  std::string volume;
  std::string folder;  // where it is mounted
  std::string helper;  // name of that container
  std::string image;
  std::vector<project::Grant> files;
  std::string digest;  // SALT:HMAC of what it holds, for the volume's label
};
struct CreateContainer {
  std::string service;
  std::string name;
  Json body;  // the API's ContainerCreate
  std::string platform;
  std::vector<std::pair<std::string, Json>> connect = {};  // further networks and their EndpointSettings
  std::vector<project::Grant> files = {};                  // copied into it before it starts
};
struct StartContainer {
  std::string service;
  std::string container;  // name
};
struct StopContainer {
  std::string service;
  std::string container;
};
struct RemoveContainer {
  std::string service;
  std::string container;
  bool volumes = false;  // its anonymous volumes too
  // Names of volumes that are removed with it unless another container uses them: anonymous ones that it inherited,
  // which the engine does not count as its own.
  std::vector<std::string> inherited = {};
};
// Attaches a stopped container to a network that was created again: it looks for the id of the earlier one.
struct ReattachContainer {
  std::string service;
  std::string container;
  std::string network;
  Json endpoint;  // the API's EndpointSettings
};
struct KillContainer {
  std::string service;
  std::string container;
  std::string signal;
};
struct PauseContainer {
  std::string service;
  std::string container;
};
struct UnpauseContainer {
  std::string service;
  std::string container;
};
// Waits until a service is in the state that others wait for.
struct AwaitService {
  std::string service;
  std::string container;
  // As Compose names it; or ready: as service_healthy, and a job that has ended well is ready, too; or engine_healthy:
  // the engine's own status must say so as well.
  std::string condition;
  bool required = true;  // false: when it fails, what waits goes on all the same
};

struct RenameContainer {
  std::string service;
  std::string container;
  std::string name;  // the new one
};
// A command of the user's inside a running container: post_start or pre_stop.
struct RunHook {
  std::string service;
  std::string container;
  std::string when;  // the key it stands under
  std::vector<std::string> command;
  std::string user = {};               // empty: the container's
  std::string working_directory = {};  // empty: the container's
  std::vector<std::string> environment = {};
  bool privileged = false;
};

// Starts a container that was made for one command, waits for its end and removes it with its anonymous volumes. One
// that fails is kept, so that its log can be read.
struct RunContainer {
  std::string service;
  std::string container;
  std::string when;  // "pre_start[0]"
};

using Work = std::variant<CreateNetwork, RemoveNetwork, ProbeNetwork, ReplaceNetwork, GetImage, CreateVolume,
                          RemoveVolume, FillSecrets, CreateContainer, StartContainer, StopContainer, RemoveContainer,
                          RenameContainer, ReattachContainer, RunHook, RunContainer, KillContainer, PauseContainer,
                          UnpauseContainer, AwaitService>;

// What becomes of a thing, said once for all the actions that it takes.
enum class ResourceChange { none, create, recreate, start, restart, stop, remove, rename, pull, build };

struct Action {
  Work work;
  std::string cause;  // why: "new", "environment.LOG_LEVEL info → debug"; empty for what follows of itself
  std::vector<std::size_t> after;                 // indices of actions that must be done before
  std::vector<Change> changes = {};               // what the cause names, whole
  ResourceChange verdict = ResourceChange::none;  // on the first action of each thing that becomes another
};

struct Plan {
  std::vector<Action> actions;              // every action stands after those it waits for
  bool changes = false;                     // false: nothing but waiting
  std::vector<std::string> notes = {};      // what the user should know and the plan leaves alone
  std::vector<std::string> unchanged = {};  // services whose containers stay as they are
  // The id of every container there was, by its name then. Actions name containers by the name that they have at
  // first, there or when this plan creates them; a renaming does not change what they mean.
  std::map<std::string, std::string> ids = {};
};

// One line for people and tests: "auth-service: create container saas-auth-service-1 (new)".
std::string to_line(const Action& action);

enum class Wait {
  none,    // started is enough
  ready,   // our own probe, the healthcheck's command or the engine's status, whichever is first
  engine,  // the engine's status as well
};

struct UpOptions {
  std::vector<std::string> services = {};  // empty: all; dependencies come along
  bool force_recreate = false;
  Wait wait = Wait::ready;
  bool no_recreate = false;              // what exists stays, whatever has changed
  bool no_dependencies = false;          // only the services named
  bool no_start = false;                 // create, and leave it at that
  bool renew_anonymous_volumes = false;  // instead of giving them to the container that comes next
  bool remove_orphans = false;           // containers of services that the file does not have
  bool keep_replaced = false;            // until everything is ready, so that a failure can be rolled back
  std::map<std::string, unsigned, std::less<>> scale = {};  // containers of a service, over the file's number
  bool keep_networks = false;                               // a changed network stays as it is, and a note says so
  bool plan_images = false;                                 // a missing image is an action of the plan, not an error
  std::set<std::string> made = {};  // ids of containers that this command itself has created: no force_recreate
};

// Errors: not_found: the image of a service is not there (build or pull it first); usage: an unknown service; those of
// preflight().
Result<Plan> plan_up(const project::Project& project, const ObservedState& observed, const UpOptions& options);

// Back to what there was before a failed `up`: containers that are new since then go, those that were stopped, renamed
// or paused are again as they were. What was removed for good stays removed; a note names it.
Plan plan_rollback(const ObservedState& before, const ObservedState& now);

struct DownOptions {
  bool volumes = false;  // remove the project's volumes too, and the containers' anonymous ones
  bool orphans = false;  // remove containers of services that the project does not have, and one-off ones
  std::vector<std::string> services = {};  // empty: all
};

// Networks and volumes that a container which stays still uses are left.
Plan plan_down(const project::Project& project, const ObservedState& observed, const DownOptions& options);

// A new container in place of the one there is, with the same model; its volumes stay.
Result<Plan> plan_recreate(const project::Project& project, const ObservedState& observed, const std::string& service);

}  // namespace saasctl::plan
