#include <fmt/format.h>
#include <openssl/rand.h>

#include <memory>

#include "commands/command.hpp"
#include "stack/assemble.hpp"
#include "util/digest.hpp"
#include "util/private_file.hpp"

namespace saasctl::commands {
namespace {

namespace fs = std::filesystem;

struct SecretsOptions {
  std::string mode = "0600";
};

constexpr std::size_t random_bytes = 32;

// 43 characters of base64url: 256 bits from the system's random source.
Result<std::string> random_secret() {
  std::string bytes(random_bytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) != 1) {
    return failure("the system's random source gives nothing");
  }
  auto text = base64url_encode(bytes);
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

// As it is shown: from here when it lies below.
std::string shown(const fs::path& path) {
  return stack::shown_path(path).string();
}

// Something is there already; whether it is a secret.
Result<void> check_existing(const std::string& name, const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (fs::is_directory(status)) {
    return failure(ErrorKind::failed, fmt::format("secret '{}': {} is a folder, not a file", name, shown(path)),
                   "remove the folder, or name another file");
  }
  if (status.type() == fs::file_type::not_found) {
    return failure(ErrorKind::failed, fmt::format("secret '{}': {} is a link to nothing", name, shown(path)),
                   "remove the link, or make what it leads to");
  }
  if (error) return failure(fmt::format("secret '{}': cannot read {}: {}", name, shown(path), error.message()));
  return {};
}

// Whether other users of this machine may pass every folder on the way to `path`.
bool others_get_to(const fs::path& path) {
  std::error_code error;
  for (auto at = fs::canonical(path.parent_path(), error); !error; at = at.parent_path()) {
    if ((fs::status(at, error).permissions() & fs::perms::others_exec) == fs::perms::none) return false;
    if (at == at.parent_path()) return true;
  }
  return false;
}

// A file for containers of other users is protected by its folder alone. Only a folder inside of the project is closed
// for it: others, such as /tmp or the project itself, have further users.
void warn_if_open(const Session& session, const fs::path& path, const fs::path& base) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (error || status.type() != fs::file_type::regular) return;
  if ((status.permissions() & fs::perms::others_read) == fs::perms::none || !others_get_to(path)) return;
  const auto inside = path.parent_path().lexically_normal().lexically_relative(base.lexically_normal());
  const bool own_folder = !inside.empty() && inside != "." && *inside.begin() != "..";
  session.terminal.warning(
      fmt::format("every user of this machine can read {}; {} prevents it", shown(path),
                  own_folder ? "chmod 700 " + shown(path.parent_path()) : "chmod 600 " + shown(path)));
}

// Whether it was made; not so when something of this name exists.
Result<bool> make_secret(const project::Content& secret, const fs::path& base, unsigned mode) {
  std::string content;
  if (secret.generate == "random") {
    auto random = random_secret();
    if (!random) return std::unexpected(random.error());
    content = std::move(*random);
  }
  if (auto made = make_private_folders(secret.file->parent_path(), base); !made) return std::unexpected(made.error());
  auto written = write_new_file(*secret.file, content, mode);
  if (written) return true;
  if (written.error().kind == ErrorKind::conflict) return false;  // another process was first
  return std::unexpected(written.error());
}

Result<bool> init_secret(const Session& session, const project::Content& secret, const fs::path& base, unsigned mode) {
  std::error_code error;
  const bool exists = fs::symlink_status(*secret.file, error).type() != fs::file_type::not_found;
  auto made = exists ? Result<bool>(false) : make_secret(secret, base, mode);
  if (!made) return made;
  if (*made) session.terminal.message("new     " + shown(*secret.file));
  if (!*made) {
    if (auto checked = check_existing(secret.key, *secret.file); !checked) return std::unexpected(checked.error());
  }
  warn_if_open(session, *secret.file, base);
  return made;
}

int run_init(const Session& session, const SecretsOptions& options) {
  const auto project = load_project(session, declare::Mode::resolve);
  if (!project) return fail(session, project.error());
  const auto mode = static_cast<unsigned>(std::stoul(options.mode, nullptr, 8));
  std::size_t count = 0;
  for (const auto& secret : project->secrets) {
    if (!secret.file || secret.generate == "none") continue;
    const auto made = init_secret(session, secret, project->folder, mode);
    if (!made) return fail(session, made.error());
    if (*made) ++count;
  }
  session.terminal.message(count == 0 ? "every secret is there already"
                                      : fmt::format("{} secret{} made", count, count == 1 ? "" : "s"));
  return 0;
}

}  // namespace

void setup_secrets(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<SecretsOptions>();
  auto* verb = app.add_subcommand("secrets", "Passwords and keys of the stack");
  verb->require_subcommand(1);
  verb->footer("\nExample: saasctl secrets init");
  auto* init = verb->add_subcommand(
      "init", "Make the secret files that are missing: 256 random bits each, readable by you alone");
  init->add_option("--mode", options->mode,
                   "Permissions of new files. saasctl up works with 0600; docker compose mounts the files as they are "
                   "and needs 0444 for containers of other users")
      ->check(CLI::IsMember({"0600", "0640", "0644", "0444", "0400", "0440"}))
      ->capture_default_str();
  init->footer("\nExample: saasctl secrets init");
  init->callback([=] { choose([options](const Session& session) { return run_init(session, *options); }); });
}

}  // namespace saasctl::commands
