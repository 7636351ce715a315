#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "commands/command.hpp"
#include "commands/listing.hpp"

namespace saasctl::commands {
namespace {

struct VersionOptions {
  bool brief = false;
  std::string format = "table";
};

int run_version(const Session& session, const VersionOptions& options) {
  const std::string version = SAASCTL_VERSION;
  if (options.format == "json") {
    const nlohmann::ordered_json out{
        {"version", version},
        {"minApiVersion", engine::minimum_api.text()},
        {"maxApiVersion", engine::maximum_api.text()},
    };
    session.terminal.data(out.dump() + "\n");
  } else if (options.brief) {
    session.terminal.data(version + "\n");
  } else {
    session.terminal.data(fmt::format("saasctl {}, speaks Docker Engine API {} to {}\n", version,
                                      engine::minimum_api.text(), engine::maximum_api.text()));
  }
  return 0;
}

}  // namespace

void setup_version(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<VersionOptions>();
  auto* verb = app.add_subcommand("version", "Print the version; no engine is asked");
  verb->add_flag("--short", options->brief, "The number alone");
  add_format(*verb, options->format);
  verb->footer("\nExample: saasctl version --short");
  verb->callback([=] { choose([options](const Session& session) { return run_version(session, *options); }); });
}

}  // namespace saasctl::commands
