#include "plan/cause.hpp"

#include <fmt/format.h>

#include <vector>

#include "util/text.hpp"

namespace saasctl::plan {
namespace {

using project::Json;

constexpr std::size_t most_named = 4;

std::string brief(const Json& value) {
  auto text = value.is_string() ? value.get<std::string>() : value.dump();
  if (text.size() > 40) text = text.substr(0, 37) + "…";
  return text;
}

void compare(const std::string& path, const Json& before, const Json& now, std::vector<std::string>& changes) {
  if (before == now) return;
  if (before.is_object() && now.is_object()) {
    const auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
    for (const auto& [key, value] : before.items()) {
      if (!now.contains(key)) changes.push_back(below(key) + " removed");
    }
    for (const auto& [key, value] : now.items()) {
      if (!before.contains(key)) {
        changes.push_back(below(key) + " added");
      } else {
        compare(below(key), before[key], value, changes);
      }
    }
    return;
  }
  // A digest says that a content changed; showing it would say nothing more.
  if (path.starts_with("secrets") || path.starts_with("configs")) {
    changes.push_back(path + " changed");
  } else {
    changes.push_back(fmt::format("{} {} → {}", path, brief(before), brief(now)));
  }
}

}  // namespace

std::string describe_change(const std::string& before, const Json& now) {
  if (before.empty()) return "made by another tool";
  const auto recorded = Json::parse(before, nullptr, false);
  if (recorded.is_discarded()) return "its recorded model is unreadable";
  std::vector<std::string> changes;
  compare("", recorded, now, changes);
  if (changes.empty()) return "order of keys";
  if (changes.size() > most_named) {
    const auto more = changes.size() - most_named;
    changes.resize(most_named);
    changes.push_back(fmt::format("{} more", more));
  }
  return join(changes, ", ");
}

}  // namespace saasctl::plan
