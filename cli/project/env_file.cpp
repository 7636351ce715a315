#include "project/env_file.hpp"

#include <algorithm>

#include "project/home.hpp"
#include "stack/assemble.hpp"
#include "util/text.hpp"

namespace saasctl::project {

std::vector<std::pair<std::string, std::string>> EnvFiles::read(const stack::EnvFile& file) const {
  const auto path = folder / with_home(file.path.text, environment);
  auto text = read_input(path, stack::variables_file, stop, path.string());
  if (!text) {
    if (text.error().kind == ErrorKind::not_found && !file.required.value_or(true)) return {};
    diagnostics.add(
        file.path.at, file.path.text.size(), text.error().message,
        text.error().hint.empty() ? "make the file, remove it here, or say required: false" : text.error().hint);
    return {};
  }
  if (file.format == "raw") return parse_raw(*text, environment);
  auto source = std::make_shared<const yaml::Source>(path, std::move(*text));
  diagnostics.keep(source);
  std::vector<std::pair<std::string, std::string>> entries;
  for (auto& [name, value] : yaml::parse_dotenv(*source, environment, diagnostics)) entries.emplace_back(name, value);
  return entries;
}

std::vector<std::pair<std::string, std::string>> parse_raw(std::string_view text,
                                                           const yaml::Environment& environment) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (auto line : split(text, '\n')) {
    if (line.ends_with('\r')) line.pop_back();
    const auto start = std::min(line.find_first_not_of(" \t"), line.size());
    line.erase(0, start);
    if (line.empty() || line.starts_with('#')) continue;
    const auto equals = line.find('=');
    if (equals != std::string::npos) {
      entries.emplace_back(line.substr(0, equals), line.substr(equals + 1));
    } else if (const auto value = environment(line)) {
      entries.emplace_back(line, *value);
    }
  }
  return entries;
}

}  // namespace saasctl::project
