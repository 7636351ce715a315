#include "stack/resources.hpp"

#include <fmt/format.h>

#include "stack/network.hpp"

namespace saasctl::stack {
namespace {

constexpr auto orchestrators = "it belongs to orchestrators, and an engine by itself keeps no secrets and configs";

// true, or the older form of it with a name. Both are refused; the name is not looked at.
Codec<bool> store_form() {
  struct Older {
    std::optional<std::string> name;
  };
  static const auto record = Record<Older>("external-content", "The older form of external: true with a name.")
                                 .key("name", &Older::name, any_text(), "Its name in an orchestrator's store.")
                                 .no_effect("it is refused together with external");
  auto form = boolean();
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<bool> {
    return node.kind == Kind::map ? true : read(node, reader);
  };
  form.schema = [full = form.schema]() -> Json { return {{"oneOf", {full(), record.form().schema()}}}; };
  form.type_name = "boolean or external-content";
  form.records = record.form().records;
  return form;
}

// A single engine has no store from which an external secret or config could come.
Codec<Content> refusing_external(Codec<Content> form, std::string kind) {
  form.read = [read = std::move(form.read), kind](const Node& node, Reader& reader) -> std::optional<Content> {
    auto content = read(node, reader);
    if (content && content->external.value_or(false)) {
      reader.diagnostics().add(content->where("external"), 8,
                               fmt::format("an external {0} comes from an orchestrator's store, and an engine by "
                                           "itself has none",
                                           kind),
                               "say where it comes from: file: or environment:");
    }
    return content;
  };
  return form;
}

}  // namespace

Codec<Volume> volume_form() {
  static const auto record =
      Record<Volume>("volume", "Storage that outlives containers.")
          .key("name", &Volume::name, any_text(), "Name instead of PROJECT_KEY.")
          .key("driver", &Volume::driver, any_text(), "Driver; default: local.")
          .key("external", &Volume::external, external_form(), "It exists already and is never made or removed.")
          .key("driver_opts", &Volume::driver_opts, pairs(), "Options of the driver.")
          .key("labels", &Volume::labels, pairs(), "Labels.");
  return with_external_name(record.form());
}

Codec<Content> secret_form() {
  static const auto record =
      Record<Content>("secret", "A secret and where its content comes from.")
          .key("file", &Content::file, any_text(), "File that holds it.")
          .key("environment", &Content::environment, any_text(), "Variable of the caller that holds it.")
          .key("name", &Content::name, any_text(), "Name at an orchestrator.")
          .no_effect("an engine by itself keeps no secrets")
          .key("external", &Content::external, store_form(), "It comes from an orchestrator's store.")
          .partly("false; an engine by itself has no such store")
          .key("labels", &Content::labels, pairs(), "Labels at an orchestrator.")
          .no_effect("an engine by itself keeps no secrets")
          .key("generate", &Content::generate, one_of({"random", "empty", "none"}),
               "What `saasctl secrets init` writes into a missing file: 32 random bytes (the default), nothing, or no "
               "file at all.",
               Origin::ours)
          .also("x-saasctl-generate")
          .unsupported({"driver", "driver_opts", "template_driver"}, orchestrators);
  return refusing_external(with_external_name(record.form()), "secret");
}

Codec<Content> config_form() {
  static const auto record =
      Record<Content>("config", "A configuration file and where its content comes from.")
          .key("file", &Content::file, any_text(), "File that holds it.")
          .key("environment", &Content::environment, any_text(), "Variable of the caller that holds it.")
          .key("content", &Content::content, any_text(), "The content itself.")
          .key("name", &Content::name, any_text(), "Name at an orchestrator.")
          .no_effect("an engine by itself keeps no configs")
          .key("external", &Content::external, store_form(), "It comes from an orchestrator's store.")
          .partly("false; an engine by itself has no such store")
          .key("labels", &Content::labels, pairs(), "Labels at an orchestrator.")
          .no_effect("an engine by itself keeps no configs")
          .refused("template_driver", orchestrators);
  return refusing_external(with_external_name(record.form()), "config");
}

}  // namespace saasctl::stack
