#include "project/files.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "stack/assemble.hpp"
#include "util/text.hpp"

namespace saasctl::project {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string_view>;

// One kind of file that is found without being named: the first name that is there counts.
struct Kind {
  Names names;
  Names overrides;
};

const std::array<Kind, 2>& kinds() {
  static const std::array<Kind, 2> all{
      Kind{{"stack.yaml", "stack.yml"}, {"stack.override.yaml", "stack.override.yml"}},
      Kind{{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"},
           {"compose.override.yml", "compose.override.yaml", "docker-compose.override.yml",
            "docker-compose.override.yaml"}}};
  return all;
}

std::string value_of(const yaml::Variables& variables, std::string_view name) {
  const auto found = variables.find(name);
  return found == variables.end() ? "" : found->second;
}

std::vector<std::string> words_of(const yaml::Variables& variables, std::string_view name, char separator) {
  std::vector<std::string> words;
  for (const auto& word : split(value_of(variables, name), separator)) {
    if (const auto text = trim(word); !text.empty()) words.emplace_back(text);
  }
  return words;
}

class Chooser {
 public:
  Chooser(const Inputs& inputs, yaml::Diagnostics& diagnostics) : inputs_(inputs), diagnostics_(diagnostics) {
    const auto named = inputs.environment.find("PWD");
    here_ = stack::working_folder(named == inputs.environment.end() ? "" : named->second);
    chosen_.environment = inputs.environment;
    chosen_.environment.try_emplace("PWD", here_.string());
  }

  Result<Chosen> choose() {
    for (const auto& file : inputs_.files) chosen_.files.push_back(file == "-" ? file : whole(file));
    read_env_files(folder());
    if (chosen_.files.empty()) from_variable();
    if (chosen_.files.empty() && !search()) {
      return failure(ErrorKind::usage, "no stack.yaml or Compose file in this folder or one above it",
                     "go to the folder that has one, or name it with -f FILE");
    }
    chosen_.folder = folder();
    read_env_files(chosen_.folder);
    chosen_.profiles =
        inputs_.profiles.empty() ? words_of(chosen_.environment, "COMPOSE_PROFILES", ',') : inputs_.profiles;
    return std::move(chosen_);
  }

 private:
  fs::path whole(const fs::path& path) const { return stack::absolute_path(here_, path); }

  fs::path folder() const {
    if (inputs_.project_directory) return whole(*inputs_.project_directory);
    const auto first = std::ranges::find_if(chosen_.files, [](const auto& file) { return file != "-"; });
    return first == chosen_.files.end() ? here_ : first->parent_path();
  }

  void from_variable() {
    const auto given = value_of(chosen_.environment, "COMPOSE_FILE");
    if (given.empty()) return;
    const auto separator = value_of(chosen_.environment, "COMPOSE_PATH_SEPARATOR");
    std::string_view rest = given;
    const std::string_view between = separator.empty() ? ":" : std::string_view(separator);
    while (true) {
      const auto end = rest.find(between);
      const auto name = rest.substr(0, end);
      if (name == "-") chosen_.files.emplace_back(name);
      if (name != "-" && !name.empty()) chosen_.files.push_back(whole(name));
      if (end == std::string_view::npos) return;
      rest.remove_prefix(end + between.size());
    }
  }

  // Those of the names that are in the folder.
  static std::vector<fs::path> there(const fs::path& folder, const Names& names) {
    std::vector<fs::path> found;
    for (const auto name : names) {
      if (stack::is_there(folder / name)) found.push_back(folder / name);
    }
    return found;
  }

  void take(const std::vector<fs::path>& found) {
    if (found.empty()) return;
    chosen_.files.push_back(found.front());
    if (found.size() == 1) return;
    std::vector<std::string> names;
    for (const auto& path : found) names.push_back(path.filename().string());
    chosen_.warnings.push_back(fmt::format("{}: {} are there as well, {} is used", found.front().parent_path().string(),
                                           join({names.begin() + 1, names.end()}, ", "), names.front()));
  }

  bool search() {
    for (auto folder = inputs_.project_directory ? whole(*inputs_.project_directory) : here_;;
         folder = folder.parent_path()) {
      for (const auto& kind : kinds()) {
        const auto found = there(folder, kind.names);
        if (found.empty()) continue;
        take(found);
        take(there(folder, kind.overrides));
        return true;
      }
      if (folder == folder.parent_path()) return false;
    }
  }

  // Those named, else the folder's .env. It is called for the folder that is known first (--project-directory, that of
  // -f, the working folder) and again for the project's; what is known already stays.
  void read_env_files(const fs::path& folder) {
    auto named = inputs_.env_files;
    if (named.empty()) {
      for (auto& file : words_of(inputs_.environment, "COMPOSE_ENV_FILES", ',')) named.emplace_back(std::move(file));
    }
    yaml::Variables variables;
    if (!named.empty()) {
      if (std::exchange(read_named_, true)) return;
      for (const auto& file : named) read_env_file(whole(file), variables);
    } else if (std::error_code ignored; !disabled() && folder != read_folder_ && stack::is_there(folder / ".env") &&
                                        !fs::is_directory(folder / ".env", ignored)) {
      read_env_file(folder / ".env", variables);
      read_folder_ = folder;
    }
    chosen_.environment.merge(variables);
  }

  bool disabled() const {
    const auto value = to_lower(value_of(inputs_.environment, "COMPOSE_DISABLE_ENV_FILE"));
    return value == "1" || value == "t" || value == "true";
  }

  void read_env_file(const fs::path& path, yaml::Variables& into) {
    auto text = read_input(path, stack::variables_file, inputs_.stop, stack::shown_path(path).string());
    if (!text) {
      const bool missing = text.error().kind == ErrorKind::not_found;
      diagnostics_.add({}, 1, text.error().message,
                       missing ? "create it, or name another file with --env-file" : text.error().hint);
      return;
    }
    const auto source = std::make_shared<const yaml::Source>(stack::shown_path(path), std::move(*text));
    diagnostics_.keep(source);
    const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
      for (const auto* variables : {&chosen_.environment, &into}) {
        if (const auto found = variables->find(name); found != variables->end()) return found->second;
      }
      return std::nullopt;
    };
    for (auto& [name, value] : yaml::parse_dotenv(*source, lookup, diagnostics_)) into[name] = value;
  }

  const Inputs& inputs_;
  yaml::Diagnostics& diagnostics_;
  fs::path here_;
  fs::path read_folder_;
  bool read_named_ = false;
  Chosen chosen_;
};

}  // namespace

Result<Chosen> choose_files(const Inputs& inputs, yaml::Diagnostics& diagnostics) {
  return Chooser(inputs, diagnostics).choose();
}

Result<std::string> read_standard_input(const std::stop_token& stop) {
  auto text = read_descriptor(STDIN_FILENO, stack::stack_file, stop, "standard input");
  if (!text && text.error().kind != ErrorKind::interrupted) text.error().kind = ErrorKind::usage;
  return text;
}

}  // namespace saasctl::project
