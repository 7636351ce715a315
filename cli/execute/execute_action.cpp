#include "execute/execute_action.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/containers.hpp"
#include "engine/exec.hpp"
#include "engine/logs.hpp"
#include "engine/networks.hpp"
#include "engine/volumes.hpp"
#include "execute/port_taken.hpp"
#include "plan/labels.hpp"
#include "project/service.hpp"
#include "util/archive.hpp"
#include "util/text.hpp"
#include "util/wait.hpp"

namespace saasctl::execute {
namespace {

using namespace std::chrono_literals;
using Outcome = std::expected<void, ReadyError>;

// With a name that is taken by a container the engine does not tell of yet.
constexpr std::chrono::milliseconds most_patience = 5s;

// For a removal that somebody else has asked for. Source: moby, daemon/delete.go: it stops and unmounts first.
constexpr std::chrono::milliseconds longest_removal = 60s;

template <typename T>
Outcome plain(const Result<T>& result) {
  if (!result) return std::unexpected(ReadyError{result.error()});
  return {};
}

// Gone already is as good as removed.
Outcome removed(const Result<void>& result) {
  if (!result && result.error().kind != ErrorKind::not_found) return std::unexpected(ReadyError{result.error()});
  return {};
}

bool mentions(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

constexpr auto others_at_work =
    "another user or tool is changing this project: wait until that is done, then run the command again";

// `ours`: the holder of the name belongs to the project. It was not there when the plan was made.
Error name_taken(Error error, const std::string& name, bool ours) {
  if (error.kind != ErrorKind::conflict) return error;
  if (ours) {
    error.message =
        fmt::format("the container {} was created by somebody else in the meantime: {}", name, error.message);
    error.hint = others_at_work;
    return error;
  }
  error.message =
      fmt::format("the name {} is taken by a container that does not belong to this project: {}", name, error.message);
  error.hint = fmt::format("rename or remove that container (docker rm {}), or set container_name", name);
  return error;
}

// A container, network or image that was there when the plan was made.
Error gone_meanwhile(Error error) {
  if (error.kind != ErrorKind::not_found) return error;
  error.kind = ErrorKind::conflict;
  error.message += "; it was removed while this command ran";
  error.hint = others_at_work;
  return error;
}

// A creation does not look for anything of the plan: what the engine lacks is the driver, or another plugin.
Error not_creatable(Error error) {
  if (error.kind != ErrorKind::not_found) return error;
  error.kind = ErrorKind::failed;
  if (error.hint.empty()) error.hint = "correct the driver in the file, or install its plugin on the engine";
  return error;
}

// A plan removes networks and volumes that no container uses which stays.
Result<void> unless_in_use(Result<void> result) {
  if (result || result.error().kind != ErrorKind::conflict) return result;
  auto error = std::move(result.error());
  error.hint =
      "a container uses it that this command did not see or that is being removed: if another user or tool is "
      "changing this project, wait until that is done; then run the command again";
  return std::unexpected(std::move(error));
}

// What an engine that crashed has left of a container keeps it from starting.
Error left_by_crash(Error error) {
  if (!mentions(error.message, {"already exists"})) return error;
  error.hint = "the engine may have kept it since a crash: run saasctl up --force-recreate, or else restart the engine";
  return error;
}

Error of_service(Error error, const std::string& service) {
  error.message = fmt::format("{}: {}", service, error.message);
  return error;
}

class ActionExecutor {
 public:
  ActionExecutor(const ActionContext& site, const std::stop_token& stop) : site_(site), stop_(stop) {}

  Outcome operator()(const plan::CreateNetwork& work) const {
    const auto made = engine::create_network(site_.client, work.body, stop_);
    if (made || made.error().kind == ErrorKind::conflict) return {};  // conflict: a second run made it meanwhile
    return std::unexpected(ReadyError{not_creatable(made.error())});
  }
  Outcome operator()(const plan::RemoveNetwork& work) const {
    return removed(unless_in_use(engine::remove_network(site_.client, work.name, stop_)));
  }
  // The probe of a run that was killed is in the way of this one. Another conflict is the engine's answer.
  Outcome operator()(const plan::ProbeNetwork& work) const {
    const auto name = work.body.value("Name", std::string());
    auto made = engine::create_network(site_.client, work.body, stop_);
    if (!made && made.error().kind == ErrorKind::conflict) {
      if (engine::remove_network(site_.client, name, stop_))
        made = engine::create_network(site_.client, work.body, stop_);
    }
    if (!made) {
      auto error = not_creatable(made.error());
      error.message =
          fmt::format("network {} cannot be created as declared: {}; nothing was changed", work.name, error.message);
      return std::unexpected(ReadyError{std::move(error)});
    }
    return removed(engine::remove_network(site_.client, *made, {}));
  }
  Outcome operator()(const plan::ReplaceNetwork& work) const {
    if (auto gone = removed(unless_in_use(engine::remove_network(site_.client, work.id, stop_))); !gone) return gone;
    const auto made = engine::create_network(site_.client, work.body, stop_);
    if (made) return {};
    // Also after an interruption: the containers of before need their network.
    const auto back = engine::create_network(site_.client, work.before, {});
    auto error = made.error();
    error.message = fmt::format("network {}: {}; {}", work.name, error.message,
                                back ? "the network of before was created again"
                                     : "the network of before could not be created again: " + back.error().message);
    if (error.hint.empty()) error.hint = "correct the network in the file, then run saasctl up";
    return std::unexpected(ReadyError{std::move(error)});
  }
  // A caller's mistake: images are there before a plan is carried out.
  Outcome operator()(const plan::GetImage& work) const {
    return std::unexpected(
        ReadyError{{ErrorKind::not_found, fmt::format("{}: image {} is missing", work.service, work.image),
                    work.build ? "run saasctl build" : "run saasctl pull"}});
  }
  Outcome operator()(const plan::CreateVolume& work) const {
    const auto made = engine::create_volume(site_.client, work.body, stop_);
    if (!made) return std::unexpected(ReadyError{not_creatable(made.error())});
    return {};
  }
  Outcome operator()(const plan::RemoveVolume& work) const {
    const auto gone = engine::remove_volume(site_.client, work.name, false, stop_);
    if (!gone && gone.error().kind == ErrorKind::conflict && work.if_unused) return {};
    return removed(unless_in_use(gone));
  }
  Outcome operator()(const plan::CreateContainer& work) const {
    auto made = create(work.name, work.body, work.platform);
    if (!made) return std::unexpected(ReadyError{of_service(std::move(made.error()), work.service)});
    site_.container_ids.made(work.name, made->id);
    if (site_.options.on_created) site_.options.on_created(work.name, made->id);
    auto furnished = furnish(work, made->id);
    // A second run would take it for a whole one.
    if (!furnished)
      static_cast<void>(engine::remove_container(site_.client, made->id, {.force = true, .volumes = true}, {}));
    return furnished;
  }
  Outcome operator()(const plan::StartContainer& work) const {
    return by_id(work.container, [&](const std::string& id) -> Outcome {
      auto started = engine::start_container(site_.client, id, stop_);
      if (!started) return std::unexpected(ReadyError{not_started(started.error(), work.service, id)});
      return {};
    });
  }
  Outcome operator()(const plan::StopContainer& work) const {
    return by_id(work.container, [&](const std::string& id) {
      return removed(engine::stop_container(site_.client, id, site_.options.stop_grace, stop_));
    });
  }
  Outcome operator()(const plan::RemoveContainer& work) const {
    return by_id(work.container, [&](const std::string& id) {
      const auto gone = engine::remove_container(site_.client, id, {.force = true, .volumes = work.volumes}, stop_);
      const bool under_way = !gone && mentions(gone.error().message, {"already in progress"});
      return with_inherited(work, under_way ? await_removal(work.container, id) : removed(gone));
    });
  }
  Outcome operator()(const plan::RenameContainer& work) const {
    return by_id(work.container, [&](const std::string& id) -> Outcome {
      const auto renamed = engine::rename_container(site_.client, id, work.name, stop_);
      if (renamed) return {};
      return std::unexpected(ReadyError{gone_meanwhile(explained(renamed.error(), work.name))});
    });
  }
  Outcome operator()(const plan::ReattachContainer& work) const {
    return by_id(work.container, [&](const std::string& id) -> Outcome {
      const auto off = engine::disconnect_network(site_.client, work.network, id, stop_);
      if (auto done = removed(off); !done) return done;
      const auto on = engine::connect_network(site_.client, work.network, id, work.endpoint, stop_);
      if (!on) return std::unexpected(ReadyError{of_service(gone_meanwhile(on.error()), work.service)});
      return {};
    });
  }
  Outcome operator()(const plan::RunHook& work) const {
    engine::ExecOptions options{.user = work.user,
                                .working_directory = work.working_directory,
                                .environment = work.environment,
                                .timeout = remaining(),
                                .privileged = work.privileged};
    const auto id = site_.container_ids.id_of(work.container);
    if (!id) return plain(id);
    const auto done = engine::exec_run(site_.client, *id, work.command, options, stop_);
    if (!done) return std::unexpected(ReadyError{gone_meanwhile(done.error())});
    if (done->exit_code == 0) return {};
    const auto said = trim(done->standard_error.empty() ? done->standard_output : done->standard_error);
    Error error{ErrorKind::failed,
                fmt::format("{}: {} ended with exit code {}{}{}", work.service, work.when, done->exit_code,
                            said.empty() ? "" : ": ", said),
                "mend the command, or remove the hook"};
    if (work.when == "post_start") stop_again(work.service, *id, error);
    return std::unexpected(ReadyError{std::move(error)});
  }
  Outcome operator()(const plan::RunContainer& work) const {
    return by_id(work.container, [&](const std::string& id) -> Outcome {
      const auto remove = [&] {
        static_cast<void>(engine::remove_container(site_.client, id, {.force = true, .volumes = true}, {}));
      };
      if (auto started = engine::start_container(site_.client, id, stop_); !started) {
        remove();
        auto error = not_started(started.error(), work.service, id);
        return std::unexpected(ReadyError{of_step(std::move(error), work)});
      }
      const auto ended =
          engine::wait_container(site_.client, id, engine::WaitCondition::not_running, remaining(), stop_);
      if (ended && ended->exit_code != 0) return std::unexpected(ReadyError{step_failed(work, id, ended->exit_code)});
      remove();
      if (!ended) return std::unexpected(ReadyError{of_step(ended.error(), work)});
      return {};
    });
  }
  Outcome operator()(const plan::KillContainer& work) const {
    return by_id(work.container, [&](const std::string& id) {
      return removed(engine::kill_container(site_.client, id, work.signal, stop_));
    });
  }
  Outcome operator()(const plan::PauseContainer& work) const {
    return by_id(work.container,
                 [&](const std::string& id) { return still_there(engine::pause_container(site_.client, id, stop_)); });
  }
  Outcome operator()(const plan::UnpauseContainer& work) const {
    return by_id(work.container, [&](const std::string& id) {
      return still_there(engine::unpause_container(site_.client, id, stop_));
    });
  }
  Outcome operator()(const plan::AwaitService& work) const {
    return by_id(work.container, [&](const std::string& id) {
      auto ready = await_service(site_.client, *site_.watch, {*site_.project.find(work.service), id, work.condition},
                                 site_.options.pace, site_.deadline, stop_);
      if (!ready && mentions(ready.error().message, {id}))
        static_cast<Error&>(ready.error()) = of_service(gone_meanwhile(ready.error()), work.service);
      return ready;
    });
  }

  // The volume is written through a container that never runs: the engine unpacks an archive into it as root, so the
  // files get the owner and mode they should have whatever the user of this tool may do here.
  Outcome operator()(const plan::FillSecrets& work) const {
    auto archive = archive_of(work.service, work.files, work.folder + "/");
    if (!archive) return plain(archive);
    const project::Json volume = {{"Name", work.volume},
                                  {"Labels",
                                   {{std::string(plan::label::secrets), site_.project.name},
                                    {std::string(plan::label::secrets_digest), work.digest},
                                    {std::string(plan::label::project), site_.project.name},
                                    {std::string(plan::label::volume), volume_key(work.volume)}}}};
    if (auto made = engine::create_volume(site_.client, volume, stop_); !made) return plain(made);
    const auto helper = create(work.helper, helper_body(work), "");
    if (!helper) return std::unexpected(ReadyError{helper.error()});
    const auto written = engine::put_archive(site_.client, helper->id, work.folder, *archive, stop_);
    // An interrupted run, too, takes away what it needs no more: the helper, and the volumes that the engine created
    // for a VOLUME of the image. That of the secrets has a name and stays.
    const auto gone = engine::remove_container(site_.client, helper->id, {.force = true, .volumes = true}, {});
    return written ? removed(gone) : plain(written);
  }

 private:
  template <typename Call>
  Outcome by_id(const std::string& container, const Call& call) const {
    const auto id = site_.container_ids.id_of(container);
    return id ? call(*id) : plain(id);
  }

  static Outcome still_there(const Result<void>& result) {
    if (!result) return std::unexpected(ReadyError{gone_meanwhile(result.error())});
    return {};
  }

  // The engine tells of a missing program in its runtime's words.
  Error not_started(Error error, const std::string& service, const std::string& id) const {
    if (const auto code = engine::exec_start_failure(error)) {
      error.message = fmt::format("{} cannot start: {} (exit code {}): {}", service, explain_exit(*code, false), *code,
                                  error.message);
      error.hint = "check command and entrypoint, and that the image has that program";
      return error;
    }
    // It may as well be another container, whose name space it shares, that does not exist.
    if (mentions(error.message, {id, "network "})) error = gone_meanwhile(std::move(error));
    error = port_taken(site_.client, std::move(error), id, site_.project.name, stop_);
    return of_service(left_by_crash(std::move(error)), service);
  }

  // Somebody else, or a run that was killed, has asked for the removal. Looks again from time to time: an engine may
  // lose the answer to a wait.
  Outcome await_removal(const std::string& name, const std::string& id) const {
    constexpr std::chrono::milliseconds between_looks = 2s;
    const auto limit = std::min(remaining(), longest_removal);
    const auto deadline = deadline_after(limit);
    for (;;) {
      const auto step = std::min(between_looks, std::chrono::milliseconds(std::max(poll_timeout(deadline), 1)));
      const auto waited = engine::wait_container(site_.client, id, engine::WaitCondition::removed, step, stop_);
      if (waited) return {};
      if (waited.error().kind != ErrorKind::timeout) return removed(std::unexpected(waited.error()));
      const auto there = engine::inspect_container(site_.client, id, stop_);
      if (!there) return removed(std::unexpected(there.error()));
      if (poll_timeout(deadline) > 0) continue;
      return std::unexpected(
          ReadyError{{ErrorKind::timeout,
                      fmt::format("the engine has not removed {} within {} s, though its removal is in progress", name,
                                  std::chrono::ceil<std::chrono::seconds>(limit).count()),
                      "run the command again; if that does not help, restart the engine"}});
    }
  }

  // The volumes that go with a removed container. The engine keeps one that another container uses.
  Outcome with_inherited(const plan::RemoveContainer& work, Outcome outcome) const {
    if (!outcome) return outcome;
    for (const auto& volume : work.inherited) {
      const auto gone = engine::remove_volume(site_.client, volume, false, stop_);
      const bool stays = !gone && gone.error().kind == ErrorKind::conflict;
      if (auto done = removed(gone); !done && !stays) return done;
    }
    return outcome;
  }

  Outcome furnish(const plan::CreateContainer& work, const std::string& id) const {
    for (const auto& [network, endpoint] : work.connect) {
      if (auto joined = engine::connect_network(site_.client, network, id, endpoint, stop_); !joined)
        return std::unexpected(ReadyError{of_service(gone_meanwhile(joined.error()), work.service)});
    }
    if (work.files.empty()) return {};
    auto archive = archive_of(work.service, work.files, "");
    if (!archive) return plain(archive);
    const auto put = engine::put_archive(site_.client, id, "/", *archive, stop_);
    if (!put) return std::unexpected(ReadyError{of_service(put.error(), work.service)});
    return {};
  }

  static Error of_step(Error error, const plan::RunContainer& work) {
    const auto head = work.service + ": ";
    if (error.message.starts_with(head)) error.message.erase(0, head.size());
    error.message = fmt::format("{}: {}: {}", work.service, work.when, error.message);
    return error;
  }

  // With the end of what it wrote: of its errors, or else of the rest.
  Error step_failed(const plan::RunContainer& work, const std::string& id, int code) const {
    constexpr unsigned last_lines = 20;
    std::vector<std::string> errors, output;
    static_cast<void>(engine::read_logs(
        site_.client, id, {.tail = last_lines, .timeout = 5s},
        [&](const engine::LogLine& line) {
          (line.stream == engine::Stream::standard_error ? errors : output).emplace_back(line.text);
          return true;
        },
        stop_));
    const auto written = join(errors.empty() ? output : errors, "\n");
    const auto said = trim(written);
    return {ErrorKind::failed,
            fmt::format("{}: {} ended with exit code {}{}{}; {} was not started", work.service, work.when, code,
                        said.empty() ? "" : ": ", said, work.service),
            fmt::format("docker logs {} shows all it wrote; correct it, then run saasctl up", work.container)};
  }

  // So that the next run starts it and runs the hook again.
  void stop_again(const std::string& service, const std::string& id, Error& error) const {
    const auto stopped = engine::stop_container(site_.client, id, site_.options.stop_grace, {});
    if (stopped) error.message += fmt::format("; {} was stopped again", service);
  }

  // A slow engine may finish a request of a run that was killed only after we have looked. It holds the name before it
  // tells of the container, so nobody is found at first; that is waited for.
  Result<engine::CreatedContainer> create(const std::string& name, const project::Json& body,
                                          const std::string& platform) const {
    const auto deadline = deadline_after(std::min(remaining(), most_patience));
    for (std::chrono::milliseconds rest = 5ms;; rest = std::min(rest * 2, 200ms)) {
      auto made = engine::create_container(site_.client, name, body, stop_, platform);
      if (made || made.error().kind != ErrorKind::conflict) return made;
      const auto holder = engine::inspect_container(site_.client, name, stop_);
      const bool untold = !holder && holder.error().kind == ErrorKind::not_found;
      const bool again = untold || (holder && make_way(*holder));
      if (!again || poll_timeout(deadline) == 0)
        return std::unexpected(name_taken(std::move(made.error()), name, holder && is_ours(*holder)));
      if (untold) pause(rest, stop_);
    }
  }

  // Removes a container of this project that was never started, which a killed run has left; false: it is another.
  bool make_way(const engine::Container& holder) const {
    if (holder.state.status != "created" || !is_ours(holder)) return false;
    const auto gone = engine::remove_container(site_.client, holder.id, {.force = true, .volumes = true}, stop_);
    return gone || gone.error().kind == ErrorKind::not_found;
  }

  bool is_ours(const engine::Container& container) const {
    const auto project = container.labels.find(std::string(plan::label::project));
    return project != container.labels.end() && project->second == site_.project.name;
  }

  // A name that could not be given, with who holds it.
  Error explained(Error error, const std::string& name) const {
    if (error.kind != ErrorKind::conflict) return error;
    const auto holder = engine::inspect_container(site_.client, name, stop_);
    return name_taken(std::move(error), name, holder && is_ours(*holder));
  }

  std::chrono::milliseconds remaining() const {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(site_.deadline - std::chrono::steady_clock::now());
    return std::max(left, std::chrono::milliseconds(1));
  }

  // As Compose names the volumes of a project, so that its `down --volumes` removes this one too.
  std::string volume_key(const std::string& name) const {
    const auto head = site_.project.name + "_";
    return name.starts_with(head) ? name.substr(head.size()) : name;
  }

  // Secrets or configs as files of an archive that is unpacked in `folder`.
  Result<std::string> archive_of(const std::string& service, const std::vector<project::Grant>& grants,
                                 const std::string& folder) const {
    std::vector<ArchiveFile> files;
    for (const auto& grant : grants) {
      auto bytes = project::read_content(*site_.project.find_content(grant), site_.environment);
      if (!bytes) {
        return failure(ErrorKind::failed,
                       fmt::format("{}: {} {}", service, grant.is_config ? "config" : "secret", bytes.error().message),
                       !bytes.error().hint.empty() ? bytes.error().hint
                       : grant.is_config           ? "make the file"
                                                   : "run saasctl secrets init");
      }
      const auto name = grant.target.substr(folder.size());
      files.push_back({name.substr(name.starts_with('/') ? 1 : 0), std::move(*bytes), grant.mode,
                       parse_integer(grant.uid).value_or(0), parse_integer(grant.gid).value_or(0)});
    }
    return make_archive(files);
  }

  project::Json helper_body(const plan::FillSecrets& work) const {
    return {{"Image", work.image},
            {"Entrypoint", {"/never-started"}},
            {"Labels",
             {{std::string(plan::label::project), site_.project.name},
              {std::string(plan::label::service), work.service},
              {std::string(plan::label::one_off), "True"}}},
            {"HostConfig",
             {{"NetworkMode", "none"},
              {"Mounts",
               {{{"Type", "volume"},
                 {"Source", work.volume},
                 {"Target", work.folder},
                 {"VolumeOptions", {{"NoCopy", true}}}}}}}}};
  }

  const ActionContext& site_;
  const std::stop_token& stop_;
};

}  // namespace

std::expected<void, ReadyError> execute_action(const ActionContext& site, const plan::Work& work,
                                               std::stop_token stop) {
  return std::visit(ActionExecutor(site, stop), work);
}

}  // namespace saasctl::execute
