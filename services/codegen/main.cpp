// codegen --service NAME --schema FILE --queries FILE --out FOLDER
// Writes FOLDER/db.hpp and FOLDER/db.cpp. Exit codes: 0 written, 1 errors in the files, 2 wrong command line.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>

#include "codegen/emit.hpp"

namespace {

using namespace saasctl::codegen;
using Options = std::map<std::string, std::string, std::less<>>;

Source read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  return {path, {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()}};
}

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw std::runtime_error(path.string() + ": cannot be written");
}

int complain(const Source& source, const Diagnostics& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics) std::fputs(render(source, diagnostic).c_str(), stderr);
  return 1;
}

// auth-service → saasctl::auth::db
std::string name_space_of(const std::string& service) {
  return "saasctl::" + service.substr(0, service.find('-')) + "::db";
}

int generate(const Options& options) {
  const Source schema_source = read(options.at("--schema"));
  const Source query_source = read(options.at("--queries"));
  const auto schema = parse_schema(schema_source.text);
  if (!schema) return complain(schema_source, schema.error());
  const auto queries = parse_queries(query_source.text, *schema);
  if (!queries) return complain(query_source, queries.error());
  const Generated generated = emit(schema_source.text, *schema, *queries, name_space_of(options.at("--service")));
  const std::filesystem::path folder = options.at("--out");
  std::filesystem::create_directories(folder);
  write(folder / "db.hpp", generated.header);
  write(folder / "db.cpp", generated.source);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options = {{"--service", ""}, {"--schema", ""}, {"--queries", ""}, {"--out", ""}};
  bool understood = argc == 9;
  for (int at = 1; understood && at + 1 < argc; at += 2) {
    const auto option = options.find(argv[at]);
    understood = option != options.end() && option->second.empty();
    if (understood) option->second = argv[at + 1];
  }
  if (!understood) {
    std::fputs("usage: codegen --service NAME --schema FILE --queries FILE --out FOLDER\n", stderr);
    return 2;
  }
  try {
    return generate(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "codegen: %s\n", error.what());
    return 1;
  }
}
