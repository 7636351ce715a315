#include "stack/stack.hpp"

#include <fmt/format.h>

#include "stack/shapes.hpp"
#include "util/file.hpp"

namespace saasctl::stack {
namespace {

constexpr std::size_t largest_file = 16 << 20;

const Record<Prometheus>& prometheus_record() {
  static const auto record =
      Record<Prometheus>("prometheus-file", "A configuration of Prometheus.")
          .key("targets", &Prometheus::targets, list_of(any_text()),
               "host:port of each service with /metrics; the host is the job's name.", Origin::ours, true)
          .key("interval", &Prometheus::interval, duration(), "Time between two scrapes; default: 15s.", Origin::ours);
  return record;
}

Form<Rendered> rendered_form() {
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
          node, fmt::format("a rendered file takes exactly one of compose, prometheus, variables and template, not {}",
                            rendered->keys.size()));
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

// A map with the entries of both; where both have a key, maps are merged and anything else is the service's.
NodePtr merged(const NodePtr& defaults, const NodePtr& own) {
  if (defaults->kind != Kind::map || own->kind != Kind::map) return own;
  auto node = std::make_shared<Node>(*own);
  for (const auto& entry : defaults->entries) {
    const auto found = std::ranges::find(node->entries, entry.key, &Entry::key);
    if (found == node->entries.end()) {
      node->entries.push_back(entry);
    } else {
      found->value = merged(entry.value, found->value);
    }
  }
  return node;
}

NodePtr with_defaults(NodePtr root) {
  const auto defaults = std::ranges::find(root->entries, "defaults", &Entry::key);
  if (defaults == root->entries.end() || defaults->value->kind != Kind::map) return root;
  auto result = std::make_shared<Node>(*root);
  const auto services = std::ranges::find(result->entries, "services", &Entry::key);
  if (services == result->entries.end() || services->value->kind != Kind::map) return root;
  auto all = std::make_shared<Node>(*services->value);
  for (auto& service : all->entries) service.value = merged(defaults->value, service.value);
  services->value = std::move(all);
  return result;
}

}  // namespace

const Record<Stack>& stack_record() {
  static const auto record =
      Record<Stack>("stack", "The whole file. Keys marked ◆ are saasctl's own, all others are Compose's.")
          .key("name", &Stack::name, word(), "Name of the project; default: the folder's name.")
          .key("version", &Stack::version, any_text(), "Accepted for old Compose files; it has no effect.")
          .key("defaults", &Stack::defaults, service_record().form(),
               "Keys that every service gets unless it sets them itself; maps are merged.", Origin::ours)
          .key("services", &Stack::services, map_of(service_record().form()), "The containers of the stack.")
          .key("networks", &Stack::networks, map_of(or_empty(network_form())), "Networks that services share.")
          .key("volumes", &Stack::volumes, map_of(or_empty(volume_form())), "Storage that outlives containers.")
          .key("secrets", &Stack::secrets, map_of(secret_form()), "Passwords and keys, given to services as files.")
          .key("configs", &Stack::configs, map_of(config_form()), "Configuration files given to services.")
          .key("render", &Stack::render, map_of(rendered_form()),
               "Files that `saasctl render` writes besides Dockerfiles.", Origin::ours)
          .key("verify", &Stack::verify, list_of(check_record().form()), "The plan of `saasctl verify`.", Origin::ours)
          .refused("include", "not read")
          .refused("models", "language models are run by Docker Desktop; start the model as a service");
  return record;
}

std::optional<Document> parse_stack(std::filesystem::path path, std::string text, const Environment& environment,
                                    Mode mode, Diagnostics& diagnostics) {
  auto source = std::make_shared<const Source>(std::move(path), std::move(text));
  diagnostics.keep(source);
  auto root = parse_yaml(*source, diagnostics);
  if (!root || root->kind == Kind::null) {
    if (diagnostics.empty())
      diagnostics.add({source.get(), 1, 1}, 1, "the file is empty", "it needs at least services:");
    return std::nullopt;
  }
  if (root->kind == Kind::map) root = with_defaults(std::move(root));
  Reader reader(diagnostics, environment, mode);
  auto stack = stack_record().read(*root, reader);
  if (!stack) return std::nullopt;
  check_stack(*stack, mode, diagnostics);
  check_plan(*stack, diagnostics);
  return Document{std::move(source), std::move(*stack), reader.variables(), reader.unset()};
}

std::optional<Document> read_stack(const std::filesystem::path& path, const Environment& environment, Mode mode,
                                   Diagnostics& diagnostics) {
  std::error_code ignored;
  if (std::filesystem::file_size(path, ignored) > largest_file && !ignored) {
    diagnostics.add({}, 1, fmt::format("{} is larger than 16 MiB", path.string()),
                    "a stack file describes a stack; keep data elsewhere");
    return std::nullopt;
  }
  auto text = read_file(path);
  if (!text) {
    diagnostics.add({}, 1, text.error().message, "run saasctl in the folder of stack.yaml, or name the file with -f");
    return std::nullopt;
  }
  return parse_stack(path, std::move(*text), environment, mode, diagnostics);
}

}  // namespace saasctl::stack
