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

std::string to_text(const Change& change) {
  if (!change.before) return change.path + " added";
  if (!change.after) return change.path + " removed";
  if (change.hidden) return change.path + " changed";
  return fmt::format("{} {} → {}", change.path, *change.before, *change.after);
}

// A map that is there on one side only is told key by key, so that each value is hidden by its own name.
bool is_map(const Json& value) {
  return value.is_object() && !value.empty();
}

}  // namespace

void compare(const std::string& path, const Json& before, const Json& now, std::vector<Change>& changes) {
  if (before == now) return;
  if (before.is_object() && now.is_object()) {
    const auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
    const auto hidden = [&](const std::string& key, const Json& value) { return is_hidden(below(key), value, value); };
    for (const auto& [key, value] : before.items()) {
      if (now.contains(key)) continue;
      if (is_map(value)) {
        compare(below(key), value, Json::object(), changes);
      } else {
        changes.push_back({below(key), hidden(key, value) ? "" : brief(value), std::nullopt, hidden(key, value)});
      }
    }
    for (const auto& [key, value] : now.items()) {
      if (before.contains(key)) {
        compare(below(key), before[key], value, changes);
      } else if (is_map(value)) {
        compare(below(key), Json::object(), value, changes);
      } else {
        changes.push_back({below(key), std::nullopt, hidden(key, value) ? "" : brief(value), hidden(key, value)});
      }
    }
    return;
  }
  if (before.is_array() && now.is_array() && before.size() == now.size() && !is_hidden(path, before, now) &&
      std::ranges::all_of(before, [](const Json& item) { return item.is_object(); })) {
    for (std::size_t i = 0; i < now.size(); ++i) compare(fmt::format("{}[{}]", path, i), before[i], now[i], changes);
    return;
  }
  if (is_hidden(path, before, now)) {
    changes.push_back({path, "", "", true});
  } else {
    changes.push_back({path, brief(before), brief(now)});
  }
}

std::string to_text(const std::vector<Change>& changes) {
  std::vector<std::string> texts;
  for (const auto& change : changes) {
    if (texts.size() == most_named) {
      texts.push_back(fmt::format("{} more", changes.size() - most_named));
      break;
    }
    texts.push_back(to_text(change));
  }
  return join(texts, ", ");
}

Cause cause_of_change(const std::string& before, const Json& now) {
  if (before.empty()) return {"made by another tool"};
  const auto recorded = Json::parse(before, nullptr, false);
  if (!recorded.is_object()) return {"its recorded model is unreadable"};
  Cause cause;
  compare("", recorded, now, cause.changes);
  cause.text = cause.changes.empty() ? "order of keys" : to_text(cause.changes);
  return cause;
}

}  // namespace saasctl::plan
