// Measures the tool against docker compose. Progress goes to standard error, the figures as Markdown to standard
// output.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "cases.hpp"
#include "page.hpp"

using namespace saasctl;

namespace {

engine::Environment environment() {
  engine::Environment variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (const auto equals = text.find('='); equals != std::string::npos)
      variables[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return variables;
}

Result<std::string> measure_all(const bench::Tools& tools, const std::string& only) {
  const auto endpoint = engine::resolve_endpoint({}, environment());
  if (!endpoint) return std::unexpected(endpoint.error());
  const auto client = engine::Client::connect(*endpoint, {});
  if (!client) return std::unexpected(client.error());
  std::vector<bench::Row> rows;
  for (const auto& one : bench::all_cases()) {
    if (!only.empty() && one.name != only) continue;
    fmt::print(stderr, "{}\n", one.name);
    auto measured = one.run(*client, tools);
    if (!measured) return std::unexpected(measured.error());
    rows.insert(rows.end(), measured->begin(), measured->end());
  }
  return bench::conditions(*client, tools) + "\n" + bench::table(rows);
}

}  // namespace

int main(int count, char** words) {
  CLI::App app("Measures saasctl against docker compose");
  bench::Tools tools;
  std::string only;
  std::vector<std::string> names;
  for (const auto& one : bench::all_cases()) names.push_back(one.name);
  app.add_option("--saasctl", tools.saasctl)->required();
  app.add_option("--compose", tools.compose)->required();
  app.add_option("--repository", tools.repository)->required();
  app.add_option("--rounds", tools.rounds, "How often each is measured")->check(CLI::Range(1, 100));
  app.add_option("--case", only, "This one alone")->check(CLI::IsMember(names));
  CLI11_PARSE(app, count, words);
  const auto text = measure_all(tools, only);
  if (!text) {
    fmt::print(stderr, "error: {}\n", text.error().message);
    return 1;
  }
  fmt::print("{}", *text);
  return 0;
}
