#include "stack/hook.hpp"

#include <fmt/format.h>

namespace saasctl::stack {
namespace {

Codec<Watch> watch_form() {
  static const auto record =
      Record<Watch>("watch", "A folder or file of the host, and what follows when it changes.")
          .key("path", &Watch::path, any_text(), "Folder or file on the host.", Origin::compose, true)
          .key("action", &Watch::action, one_of({"rebuild", "sync", "restart", "sync+restart", "sync+exec"}),
               "What to do.", Origin::compose, true)
          .key("target", &Watch::target, any_text(), "Path inside the container that a sync writes to.")
          .key("ignore", &Watch::ignore, list_or_one(any_text()), "Patterns, relative to path, that nothing follows.")
          .key("include", &Watch::include, list_or_one(any_text()), "Patterns that alone count.")
          .key("initial_sync", &Watch::initial_sync, boolean(), "Synchronise once when watching begins.")
          .key("exec", &Watch::exec, hook_form(), "Command after the synchronisation, for sync+exec.");
  auto form = record.form();
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<Watch> {
    auto watch = read(node, reader);
    if (!watch) return std::nullopt;
    if (watch->action.starts_with("sync") && !watch->target) {
      reader.diagnostics().add(watch->where("action"), 6, fmt::format("{} needs a target", watch->action),
                               "add target: with a path inside the container");
    }
    if (watch->action == "sync+exec" && !watch->exec) {
      reader.diagnostics().add(watch->where("action"), 6, "sync+exec needs a command", "add exec: {command: …}");
    }
    return watch;
  };
  return form;
}

}  // namespace

Codec<Hook> hook_form() {
  static const auto record =
      Record<Hook>("hook", "A command that runs inside the container.")
          .key("command", &Hook::command, command(), "Command.", Origin::compose, true)
          .key("user", &Hook::user, any_text(), "User it runs as; default: the container's.")
          .key("privileged", &Hook::privileged, boolean(), "Run it with all powers.")
          .key("working_dir", &Hook::working_dir, any_text(), "Folder it starts in; default: the container's.")
          .key("environment", &Hook::environment, pairs(),
               "Variables besides those of the container; one without a value comes from the caller's environment, "
               "or is removed from the container's.");
  auto form = record.form();
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<Hook> {
    auto hook = read(node, reader);
    if (hook && hook->has("command") && hook->command.empty())
      reader.diagnostics().add(hook->where("command"), 7, "a hook without a command", "write what it runs");
    return hook;
  };
  return form;
}

Codec<Develop> develop_form() {
  static const auto record = Record<Develop>("develop", "What `watch` does.")
                                 .key("watch", &Develop::watch, list_of(watch_form()), "Paths that are watched.");
  return or_empty(record.form());
}

}  // namespace saasctl::stack
