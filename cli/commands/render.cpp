#include "render/render.hpp"

#include <fmt/format.h>

#include <memory>

#include "commands/command.hpp"
#include "render/diff.hpp"
#include "terminal/raw.hpp"
#include "util/file.hpp"
#include "util/inner_path.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

struct RenderOptions {
  bool check = false;
  bool force = false;
  std::optional<std::string> to_stdout;
};

// No rendered file leaves the project through a folder that is a link.
Result<void> check_places(const project::Project& project, const std::vector<render::File>& files) {
  for (const auto& file : files) {
    const auto folder = (project.folder / file.path).parent_path();
    const auto out = leads_out(folder, project.folder);
    if (!out) return std::unexpected(out.error());
    if (*out) {
      return failure(fmt::format("{} would be written outside of the project: {} is a link that leads out of {}",
                                 file.path, folder.string(), project.folder.string()),
                     "make it a folder");
    }
  }
  return {};
}

// The file as it is on disk; nothing when there is none.
Result<std::optional<std::string>> on_disk(const project::Project& project, const render::File& file) {
  const auto path = project.folder / file.path;
  const auto out = leads_out(path, project.folder);
  if (!out) return std::unexpected(out.error());
  if (*out) return failure(fmt::format("{} is a link that leads out of the project", path.string()), "remove the link");
  auto text = read_file(path);
  if (text) return std::optional(std::move(*text));
  if (text.error().kind == ErrorKind::not_found) return std::optional<std::string>();
  return std::unexpected(text.error());
}

int print_one(const Session& session, const std::vector<render::File>& files, const std::string& wanted) {
  std::vector<std::string> paths;
  for (const auto& file : files) {
    if (file.path == wanted) {
      terminal::write_raw(file.text);
      return 0;
    }
    paths.push_back(file.path);
  }
  const auto close = nearest(wanted, paths);
  return fail(session, {ErrorKind::usage, fmt::format("no rendered file '{}'", wanted),
                        close ? "did you mean '" + *close + "'?" : "files: " + join(paths, ", ")});
}

int check(const Session& session, const project::Project& project, const std::vector<render::File>& files) {
  std::size_t drifted = 0;
  for (const auto& file : files) {
    const auto now = on_disk(project, file);
    if (!now) return fail(session, now.error());
    const auto diff =
        render::unified_diff(*now ? "a/" + file.path : "/dev/null", now->value_or(""), "b/" + file.path, file.text);
    if (diff.empty() && *now) continue;
    ++drifted;
    // For a person, or as it is for patch(1).
    if (terminal::stdout_is_terminal()) {
      session.terminal.data(diff);
    } else {
      terminal::write_raw(diff);
    }
  }
  if (drifted == 0) return 0;
  return fail(session, {ErrorKind::drift,
                        fmt::format("{} of {} files differ from what {} renders", drifted, files.size(),
                                    project.file.filename().string()),
                        "run saasctl render and commit the result"});
}

// Files that stand in the way: not made by render, and different.
Result<std::vector<std::string>> foreign(const project::Project& project, const std::vector<render::File>& files) {
  std::vector<std::string> paths;
  for (const auto& file : files) {
    const auto now = on_disk(project, file);
    if (!now) return std::unexpected(now.error());
    if (*now && !render::is_rendered(**now) && **now != file.text) paths.push_back(file.path);
  }
  return paths;
}

int write(const Session& session, const project::Project& project, const std::vector<render::File>& files, bool force) {
  const auto taken = foreign(project, files);
  if (!taken) return fail(session, taken.error());
  if (!taken->empty() && !force) {
    return fail(session, {ErrorKind::failed,
                          fmt::format("not made by saasctl render, so not overwritten: {}; nothing was written",
                                      join(*taken, ", ")),
                          "move them away, or use --force"});
  }
  std::size_t written = 0;
  for (const auto& file : files) {
    const auto now = on_disk(project, file);
    if (now && *now && **now == file.text) continue;
    if (auto done = write_file_atomic(project.folder / file.path, file.text); !done) return fail(session, done.error());
    session.terminal.message((now && *now ? "changed " : "new     ") + file.path);
    ++written;
  }
  session.terminal.message(
      fmt::format("{} of {} files written, {} as they were", written, files.size(), files.size() - written));
  return 0;
}

int run_render(const Session& session, const RenderOptions& options) {
  const auto project = load_project(session, declare::Mode::verbatim);
  if (!project) return fail(session, project.error());
  const auto files = render::render_all(*project);
  if (!files) return fail(session, files.error());
  if (options.to_stdout) return print_one(session, *files, *options.to_stdout);
  if (const auto inside = check_places(*project, *files); !inside) return fail(session, inside.error());
  if (options.check) return check(session, *project, *files);
  return write(session, *project, *files, options.force);
}

}  // namespace

void setup_render(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<RenderOptions>();
  auto* verb = app.add_subcommand(
      "render", "Write the Dockerfiles, ignore files, Compose files and what else the stack file asks for");
  auto* check_flag =
      verb->add_flag("--check", options->check, "Write nothing; print a diff and exit 4 when a file differs");
  verb->add_option("--stdout", options->to_stdout, "Print this one file instead")
      ->type_name("FILE")
      ->excludes(check_flag);
  verb->add_flag("--force", options->force, "Overwrite files that saasctl did not make")->excludes(check_flag);
  verb->footer("\nExample: saasctl render --check");
  verb->callback([=] { choose([options](const Session& session) { return run_render(session, *options); }); });
}

}  // namespace saasctl::commands
