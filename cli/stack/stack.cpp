#include "stack/stack.hpp"

#include <fmt/format.h>

#include "stack/shapes.hpp"

namespace saasctl::stack {
namespace {

const Record<Prometheus>& prometheus_record() {
  static const auto record =
      Record<Prometheus>("prometheus-file", "A configuration of Prometheus.")
          .key("targets", &Prometheus::targets, list_of(any_text()),
               "host:port of each service with /metrics; the host is the job's name.", Origin::ours, true)
          .key("interval", &Prometheus::interval, duration(), "Time between two scrapes; default: 15s.", Origin::ours);
  return record;
}

Codec<Rendered> rendered_form() {
  static const auto record =
      Record<Rendered>("rendered-file", "A file that `saasctl render` writes. Exactly one key.")
          .key("compose", &Rendered::compose, list_or_one(word()), "A Compose file with these services, or `all`.",
               Origin::ours)
          .key("prometheus", &Rendered::prometheus, prometheus_record().form(), "A configuration of Prometheus.",
               Origin::ours)
          .key("variables", &Rendered::variables, boolean(), "An example .env with every variable of the file.",
               Origin::ours)
          .key("template", &Rendered::from_template, word(), "A file of templates/ without holes.", Origin::ours);
  auto form = record.form();
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<Rendered> {
    auto rendered = read(node, reader);
    if (!rendered) return std::nullopt;
    if (rendered->keys.size() != 1) {
      reader.error(
          node,
          fmt::format("a rendered file takes exactly one of compose, prometheus, variables and template, not {}",
                      rendered->keys.size()),
          rendered->keys.empty() ? "add one of them" : "keep one of them");
      return std::nullopt;
    }
    if (rendered->has("compose") && rendered->compose.empty())
      reader.error(node, "a Compose file without services", "name some, or write `all`");
    if (rendered->has("variables") && !rendered->variables.value_or(true))
      reader.error(node, "variables takes only `true`", "remove the entry to have no such file");
    return rendered;
  };
  return form;
}

Json include_schema() {
  const Json one_or_more = {{"type", {"string", "array"}}, {"items", {{"type", "string"}}}};
  return {{"type", "array"},
          {"items",
           {{"oneOf",
             {{{"type", "string"}},
              {{"type", "object"},
               {"properties",
                {{"path", one_or_more}, {"project_directory", {{"type", "string"}}}, {"env_file", one_or_more}}},
               {"required", {"path"}},
               {"additionalProperties", false}}}}}}};
}

const RecordInfo& include_info() {
  static const RecordInfo info{
      "include",
      "A file whose resources are taken in.",
      {{"path", "The file, or several that are laid over one another.", "string or list of string", {}},
       {"project_directory", "Folder its relative paths start in; default: the file's own.", "string", {}},
       {"env_file", "Files with variables for it; default: .env beside it.", "string or list of string", {}}}};
  return info;
}

}  // namespace

const Record<Stack>& stack_record() {
  static const auto record =
      Record<Stack>("stack", "The whole file. Keys marked ◆ are saasctl's own, all others are Compose's.")
          .key("name", &Stack::name, word(), "Name of the project; default: the folder's name.")
          .key("version", &Stack::version, any_text(), "Accepted for old Compose files.")
          .no_effect("every file is read by the rules of the current specification")
          .key("defaults", &Stack::defaults, service_record().form(),
               "Keys that every service gets; its own are laid over them, as by extends.", Origin::ours)
          .key("services", &Stack::services, map_of(service_record().form()), "The containers of the stack.")
          .key("networks", &Stack::networks, map_of(or_empty(network_form())), "Networks that services share.")
          .key("volumes", &Stack::volumes, map_of(or_empty(volume_form())), "Storage that outlives containers.")
          .key("secrets", &Stack::secrets, map_of(secret_form()), "Passwords and keys, given to services as files.")
          .key("configs", &Stack::configs, map_of(config_form()), "Configuration files given to services.")
          .key("render", &Stack::render, map_of(rendered_form()),
               "Files that `saasctl render` writes besides Dockerfiles.", Origin::ours)
          .key("verify", &Stack::verify, list_of(verify_step_record().form()), "The plan of `saasctl verify`.",
               Origin::ours)
          .merge_time_key("include", "list of file or include", include_schema,
                          "Files whose resources are taken in, each with its own paths and variables.", include_info())
          .refused("jobs", "services are kept running; write a service with a profile, and start it with `saasctl run`")
          .refused("models", "language models are run by Docker Desktop; start the model as a service");
  return record;
}

}  // namespace saasctl::stack
