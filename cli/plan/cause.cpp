#include "plan/cause.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "project/model.hpp"
#include "util/text.hpp"

namespace saasctl::plan {
namespace {

using project::Json;

constexpr std::size_t most_named = 4;

constexpr std::size_t longest_value = 40;

std::string brief(const Json& value) {
  auto text = value.is_string() ? value.get<std::string>() : "";
  const bool plain = !text.empty() && !find_invalid_utf8(text) && std::ranges::all_of(text, [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  });
  if (!plain) text = project::model_text(value);
  if (text.size() <= longest_value) return text;
  std::size_t end = longest_value - 3;
  while ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

bool has_password(const Json& value) {
  if (!value.is_string()) return value.is_structured() && std::ranges::any_of(value, has_password);
  const auto& text = value.get_ref<const std::string&>();
  const auto scheme = text.find("://");
  return scheme != std::string::npos && text.find('@', scheme) != std::string::npos;
}

// Whether the values at this path are nothing for a log: digests of contents say no more than "changed", and passwords
// do stand in environments, however much better a secret would be.
bool is_hidden(const std::string& path, const Json& before, const Json& now) {
  if (path.starts_with("secrets") || path.starts_with("configs")) return true;
  constexpr std::array words{"password", "passwd", "secret", "token", "key", "credential", "auth"};
  const auto lower = to_lower(path);
  const bool called_so =
      std::ranges::any_of(words, [&](const char* word) { return lower.find(word) != std::string::npos; });
  return (path.starts_with("environment.") && called_so) || has_password(before) || has_password(now);
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
  if (is_hidden(path, before, now)) {
    changes.push_back(path + " changed");
  } else {
    changes.push_back(fmt::format("{} {} → {}", path, brief(before), brief(now)));
  }
}

}  // namespace

std::string describe_change(const std::string& before, const Json& now) {
  if (before.empty()) return "made by another tool";
  const auto recorded = Json::parse(before, nullptr, false);
  if (!recorded.is_object()) return "its recorded model is unreadable";
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
