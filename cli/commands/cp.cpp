#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "commands/command.hpp"
#include "commands/service_container.hpp"
#include "engine/archives.hpp"
#include "sync/copy_rules.hpp"
#include "util/descriptor.hpp"
#include "util/pack.hpp"
#include "util/text.hpp"
#include "util/unpack.hpp"
#include "util/wait.hpp"

namespace saasctl::commands {
namespace {

namespace fs = std::filesystem;

struct CpVerb {
  std::string source;
  std::string target;
  bool follow = false;
  bool archive = false;
  unsigned index = 0;
};

struct Site {
  const Session& session;
  const engine::Client& client;
  const CpVerb& verb;
};

std::string from_root(const std::string& path) {
  return path.starts_with('/') ? path : "/" + path;
}

// Where a symbolic link in the container leads, one step.
std::string link_target(const std::string& path, const engine::PathStat& stat) {
  return stat.link_target.starts_with('/') ? stat.link_target : sync::parent_of(path) + "/" + stat.link_target;
}

// What stands at the destination in the container; a link to it is followed.
Result<sync::CopyTarget> target_in(const Site& site, const std::string& container, std::string path) {
  auto stat = engine::stat_path(site.client, container, path, site.session.stop);
  if (stat && stat->is_symlink()) {
    path = link_target(path, *stat);
    stat = engine::stat_path(site.client, container, path, site.session.stop);
  }
  if (stat) return sync::CopyTarget{path, true, stat->is_directory()};
  if (stat.error().kind == ErrorKind::not_found) return sync::CopyTarget{path, false, false};
  return std::unexpected(stat.error());
}

Result<std::size_t> read_input(std::span<char> buffer, const StopSignal& stop) {
  for (;;) {
    if (auto ready = wait_ready(STDIN_FILENO, POLLIN, std::nullopt, stop); !ready)
      return std::unexpected(ready.error());
    const auto count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR && errno != EAGAIN)
      return failure(fmt::format("cannot read standard input: {}", std::strerror(errno)));
  }
}

Result<void> put_from_input(const Site& site, const std::string& container, const std::string& path) {
  const auto target = target_in(site, container, path);
  if (!target) return std::unexpected(target.error());
  if (!target->directory)
    return failure(ErrorKind::usage, fmt::format("{} is no folder in {}", path, container),
                   "name a folder that is there");
  const StopSignal stop(site.session.stop);
  return engine::put_archive_stream(
      site.client, container, target->path, [&](std::span<char> buffer) { return read_input(buffer, stop); },
      engine::Replace::same_kind, site.session.stop);
}

Result<void> put(const Site& site, const std::string& container, const std::string& target_path) {
  const auto& source = site.verb.source;
  if (source == "-") return put_from_input(site, container, target_path);
  std::error_code error;
  const auto kind = site.verb.follow || source.ends_with('/') || sync::means_content(source)
                        ? fs::status(source, error).type()
                        : fs::symlink_status(source, error).type();
  if (kind == fs::file_type::not_found)
    return failure(ErrorKind::not_found, source + " does not exist", "check the path");
  if (error) return failure(fmt::format("cannot read {}: {}", source, error.message()));
  const bool directory = kind == fs::file_type::directory;
  if (!directory && source.ends_with('/'))
    return failure(ErrorKind::usage, source + " is no folder", "leave the slash out");
  // "." and ".." have no name of their own.
  auto named = sync::last_component(source).empty() ? fs::absolute(source, error).lexically_normal().string() : source;
  if (error) return failure(fmt::format("cannot read {}: {}", source, error.message()));
  if (sync::means_content(source) && !sync::means_content(named)) named += "/.";

  const auto target = target_in(site, container, target_path);
  if (!target) return std::unexpected(target.error());
  const auto place = sync::copy_place({named, directory}, *target);
  if (!place) return std::unexpected(place.error());
  const bool through = site.verb.follow || directory;
  Pack pack({.owners = site.verb.archive});
  pack.add(through ? fs::canonical(source, error) : fs::path(source), place->name);
  if (error) return failure(fmt::format("cannot read {}: {}", source, error.message()));
  return engine::put_archive_stream(
      site.client, container, place->folder, [&](std::span<char> buffer) { return pack.read(buffer); },
      engine::Replace::same_kind, site.session.stop);
}

// The destination here; a link to it is followed, so that what it leads to is replaced and not the link.
sync::CopyTarget target_here(const std::string& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found || error) return {path, false, false};
  const bool directory = status.type() == fs::file_type::directory;
  const bool link = !directory && fs::is_symlink(fs::symlink_status(path, error));
  return {link ? fs::canonical(path, error).string() : path, true, directory};
}

// A file without a name, beside the destination: it goes with its descriptor.
Result<Descriptor> temporary_in(const std::string& folder) {
  Descriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file && errno != ENOENT && errno != EACCES) {  // a file system without such files
    std::string name = folder + "/.saasctl-copy-XXXXXX";
    file = Descriptor(::mkostemp(name.data(), O_CLOEXEC));
    if (file) ::unlink(name.c_str());
  }
  if (!file) return failure(fmt::format("cannot write into {}: {}", folder, std::strerror(errno)));
  return file;
}

Result<void> fetch(const Site& site, const std::string& container, const std::string& path, int out,
                   const StopSignal& stop) {
  Result<void> written;
  const auto sink = [&](std::string_view bytes) {
    while (!bytes.empty() && written) {
      if (written = wait_ready(out, POLLOUT, std::nullopt, stop); !written) break;
      const auto count = ::write(out, bytes.data(), std::min<std::size_t>(bytes.size(), 4096));
      if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (count < 0) written = failure(fmt::format("cannot write the copy: {}", std::strerror(errno)));
      if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return written.has_value();
  };
  auto got = engine::get_archive(site.client, container, path, sink, site.session.stop);
  return written ? got : written;
}

// With -L what the link leads to is copied, under the link's name.
Result<std::string> followed(const Site& site, const std::string& container, std::string path) {
  for (int step = 0; step < 40; ++step) {
    const auto stat = engine::stat_path(site.client, container, path, site.session.stop);
    if (!stat) return std::unexpected(stat.error());
    if (!stat->is_symlink()) return path;
    path = link_target(path, *stat);
  }
  return failure(fmt::format("{} in {} leads in a circle", path, container));
}

Result<void> get(const Site& site, const std::string& container, const std::string& source) {
  const StopSignal stop(site.session.stop);
  auto path = source;
  if (site.verb.follow) {
    auto real = followed(site, container, path);
    if (!real) return std::unexpected(real.error());
    path = std::move(*real);
  }
  if (site.verb.target == "-") {
    auto fetched = fetch(site, container, path, STDOUT_FILENO, stop);
    if (!fetched && fetched.error().kind == ErrorKind::failed && site.session.terminal.reader_has_gone())
      return failure(ErrorKind::interrupted, "the reader of the output has gone");
    return fetched;
  }

  // A path with "/." asks for what a link leads to, and its archive's names begin with the last component all the same.
  if (sync::means_content(path) && path != "/.") path.resize(path.size() - 1);
  const auto stat = engine::stat_path(site.client, container, path, site.session.stop);
  if (!stat) return std::unexpected(stat.error());
  // Renamed over, a device would be gone for everyone.
  if (std::error_code unknown; fs::is_other(site.verb.target, unknown))
    return failure(ErrorKind::usage, site.verb.target + " is neither a file nor a folder",
                   "name one, or - for a tar archive");
  const auto place = sync::copy_place({source, stat->is_directory()}, target_here(site.verb.target));
  if (!place) return std::unexpected(place.error());
  const bool root = sync::last_component(path).empty();
  const auto file = temporary_in(place->folder);
  if (!file) return std::unexpected(file.error());
  if (auto got = fetch(site, container, path, file->get(), stop); !got) return got;
  UnpackOptions options{.owners = site.verb.archive};
  if (!root) options.top = place->name;
  const auto folder = root && !place->name.empty() ? fs::path(place->folder) / place->name : fs::path(place->folder);
  std::error_code error;
  if (root) fs::create_directories(folder, error);
  const auto unpacked = unpack_archive(file->get(), folder, options, site.session.stop);
  if (!unpacked) return std::unexpected(unpacked.error());
  for (const auto& name : unpacked->left_out)
    site.session.terminal.warning(name + " is a device, socket or pipe and is left out");
  return {};
}

// Calls go by id, because the name may belong to another container by then; people know the name.
Error with_name(Error error, const engine::ContainerSummary& container) {
  const auto& id = container.id;
  const auto& name = container.name;
  for (auto at = error.message.find(id); !id.empty() && at != std::string::npos; at = error.message.find(id, at)) {
    error.message.replace(at, id.size(), name);
    at += name.size();
  }
  return error;
}

Result<void> copy(const Site& site, const RunningProject& running, const sync::CopyEnd& from, const sync::CopyEnd& to) {
  const auto& service = from.service.empty() ? to.service : from.service;
  auto containers = containers_of(running, {service});
  if (site.verb.index != 0 || !from.service.empty() || from.path == "-" || containers.empty()) {
    auto one = service_container(running, service, site.verb.index);
    if (!one) return std::unexpected(one.error());
    containers = {std::move(*one)};
  }
  for (const auto& container : containers) {
    auto done = from.service.empty() ? put(site, container.id, from_root(to.path))
                                     : get(site, container.id, from_root(from.path));
    if (!done) return std::unexpected(with_name(std::move(done.error()), container));
  }
  return {};
}

int run_cp(const Session& session, const CpVerb& verb) {
  const auto from = sync::parse_copy_end(verb.source);
  const auto to = sync::parse_copy_end(verb.target);
  if (from.service.empty() == to.service.empty()) {
    return fail(session, {ErrorKind::usage,
                          from.service.empty() ? "one of the two must be SERVICE:PATH"
                                               : "both are SERVICE:PATH; one of them must be a path here",
                          "for example: saasctl cp web:/etc/hosts ."});
  }
  if ((from.service.empty() ? to : from).path.empty())
    return fail(session,
                {ErrorKind::usage, "the path after the colon is missing", "for example: saasctl cp web:/etc/hosts ."});
  const auto running = open_running_project(session, {from.service.empty() ? to.service : from.service});
  if (!running) return fail(session, running.error());
  const auto done = copy({session, running->client, verb}, *running, from, to);
  return done ? 0 : fail(session, done.error());
}

}  // namespace

void setup_cp(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<CpVerb>();
  auto* verb = app.add_subcommand(
      "cp",
      "Copy files between here and a service's containers, running or not: SERVICE:PATH DEST or SRC SERVICE:PATH. "
      "Into all of its containers, out of the first, if --index does not name one");
  verb->add_option("source", options->source, "SERVICE:PATH, a path here, or - for a tar archive on standard input")
      ->required()
      ->type_name("SRC");
  verb->add_option("target", options->target, "SERVICE:PATH, a path here, or - for a tar archive on standard output")
      ->required()
      ->type_name("DEST");
  verb->add_flag("-L,--follow-link", options->follow, "Copy what a symbolic link SRC leads to");
  verb->add_flag("-a,--archive", options->archive, "Keep owners (user and group ids)");
  verb->add_option("--index", options->index, "Number of the container, when the service has several")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  verb->footer(
      "\nPaths follow docker cp: FOLDER/. means its content; a destination that is a folder gets the source inside.\n\n"
      "Example: saasctl cp ./fixtures/. auth-service:/tmp");
  verb->callback([=] { choose([options](const Session& session) { return run_cp(session, *options); }); });
}

}  // namespace saasctl::commands
