#include "commands/command.hpp"
#include "stack/stack.hpp"
#include "stack/template.hpp"

namespace saasctl::commands {
namespace {

int run_schema(const Session& session) {
  const auto form = stack::stack_record().form();
  session.terminal.data(declare::make_schema(stack::stack_record().info(), form.records).dump(2) + "\n");
  return 0;
}

}  // namespace

void setup_schema(CLI::App& app, const Choose& choose) {
  auto* verb = app.add_subcommand("schema", "Print the JSON Schema of stack.yaml, for editors and CI");
  verb->footer("\nExample: saasctl schema > stack.schema.json");
  verb->callback([=] { choose(run_schema); });
}

}  // namespace saasctl::commands
