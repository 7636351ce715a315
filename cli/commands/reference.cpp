#include <fmt/format.h>

#include <memory>

#include "commands/command.hpp"
#include "commands/usage.hpp"
#include "declare/support.hpp"
#include "stack/stack.hpp"
#include "stack/template.hpp"

namespace saasctl::commands {

namespace {

struct ReferenceOptions {
  std::string page;
};

std::string stack_page() {
  const auto form = stack::stack_record().form();
  const auto hole_records = stack::template_record().form().records;
  return "# stack.yaml\n\nMade by `saasctl reference stack` from the declarations that also read the file.\n" +
         declare::make_reference(stack::stack_record().info(), form.records) + "\n# template.yaml\n" +
         declare::make_reference(stack::template_record().info(), hole_records);
}

std::string support_page() {
  return "# Compose support\n\nMade by `saasctl reference compose-support` from the declarations that also read the "
         "file. " +
         stack::make_support_page(stack::stack_record().info());
}

std::string commands_page(const CLI::App& app) {
  auto out = fmt::format(
      "# Commands\n\nMade by `saasctl reference commands` from the command line's own "
      "declarations.\n\n```text\n{}```\n",
      whole_help(app));
  for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    out += fmt::format("\n## saasctl {}\n\n```text\n{}```\n", verb->get_name(),
                       verb->help("saasctl", CLI::AppFormatMode::Normal));
    for (const auto* inner : verb->get_subcommands([](const CLI::App* one) { return !one->get_name().empty(); })) {
      out += fmt::format("\n## saasctl {} {}\n\n```text\n{}```\n", verb->get_name(), inner->get_name(),
                         inner->help("saasctl " + verb->get_name(), CLI::AppFormatMode::Normal));
    }
  }
  return out;
}

}  // namespace

void setup_reference(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<ReferenceOptions>();
  auto* verb = app.add_subcommand("reference", "Print a reference page in Markdown, made from the declarations");
  verb->add_option("page", options->page, "Which page")
      ->required()
      ->check(CLI::IsMember({"stack", "commands", "compose-support"}));
  verb->footer("\nExample: saasctl reference stack > docs/reference/stack.md");
  verb->callback([=, &app] {
    choose([options, &app](const Session& session) {
      const auto& page = options->page;
      session.terminal.data(page == "stack" ? stack_page() : page == "commands" ? commands_page(app) : support_page());
      return 0;
    });
  });
}

}  // namespace saasctl::commands
