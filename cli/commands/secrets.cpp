#include <fmt/format.h>
#include <openssl/rand.h>

#include <memory>

#include "commands/verb.hpp"
#include "util/digest.hpp"
#include "util/file.hpp"

namespace saasctl::commands {
namespace {

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

int run_init(const Session& session, const SecretsOptions& options) {
  const auto project = load_project(session, stack::Mode::resolve);
  if (!project) return fail(session, project.error());
  const auto mode = static_cast<unsigned>(std::stoul(options.mode, nullptr, 8));
  std::size_t made = 0;
  for (const auto& secret : project->secrets) {
    std::error_code error;
    const bool ours = secret.file && secret.generate != "none";
    if (!ours || std::filesystem::exists(*secret.file, error)) continue;
    std::string content;
    if (secret.generate == "random") {
      auto random = random_secret();
      if (!random) return fail(session, random.error());
      content = std::move(*random);
    }
    const bool new_folder = !std::filesystem::exists(secret.file->parent_path(), error);
    if (auto written = write_file_atomic(*secret.file, content, mode); !written) return fail(session, written.error());
    if (new_folder) std::filesystem::permissions(secret.file->parent_path(), std::filesystem::perms::owner_all, error);
    session.terminal.message("new     " + std::filesystem::relative(*secret.file).string());
    ++made;
  }
  session.terminal.message(made == 0 ? "every secret is there already"
                                     : fmt::format("{} secret{} made", made, made == 1 ? "" : "s"));
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
