#include "plan/model_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <vector>

#include "plan/engine_values.hpp"
#include "plan/record.hpp"
#include "project/model.hpp"
#include "util/text.hpp"

namespace saasctl::plan {
namespace {

using project::Json;

constexpr std::size_t most_named = 4;

constexpr std::size_t longest_value = 40;

constexpr std::string_view digest_suffix = ".digest";  // of a secret's or config's content

// A value in one line.
std::string line_of(const Json& value) {
  auto text = value.is_string() ? value.get<std::string>() : "";
  const bool plain = !text.empty() && !find_invalid_utf8(text) && std::ranges::all_of(text, [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  });
  return plain ? text : project::model_text(value);
}

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// At most longest_value bytes from `first` on.
std::string shortened_from(const std::string& text, std::size_t first) {
  while (first > 0 && continues(text[first])) --first;
  auto out = (first > 0 ? "…" : "") + text.substr(first);
  if (out.size() <= longest_value) return out;
  std::size_t end = longest_value - 3;
  while (continues(out[end])) --end;
  return out.substr(0, end) + "…";
}

std::string brief(const Json& value) {
  return shortened_from(line_of(value), 0);
}

// Both of a difference; where they begin alike for long, from shortly before the place where they part.
std::pair<std::string, std::string> brief(const Json& before, const Json& now) {
  const auto old_line = line_of(before), new_line = line_of(now);
  constexpr std::size_t context = 10;
  const auto parts = std::ranges::mismatch(old_line, new_line);
  const auto alike = static_cast<std::size_t>(parts.in1 - old_line.begin());
  const auto first = alike + context > longest_value - 3 ? alike - context : 0;
  return {shortened_from(old_line, first), shortened_from(new_line, first)};
}

bool has_password(const Json& value) {
  if (!value.is_string()) return value.is_structured() && std::ranges::any_of(value, has_password);
  const auto& text = value.get_ref<const std::string&>();
  const auto scheme = text.find("://");
  return scheme != std::string::npos && text.find('@', scheme) != std::string::npos;
}

// "--requirepass xyz": words of a command that come with a password.
bool names_password(const Json& value) {
  if (!value.is_string()) return value.is_structured() && std::ranges::any_of(value, names_password);
  const auto lower = to_lower(value.get_ref<const std::string&>());
  constexpr std::array words{"pass", "pwd", "secret", "token"};
  return std::ranges::any_of(words, [&](const char* word) { return lower.find(word) != std::string::npos; });
}

// Whether the values at this path are nothing for a log: digests of contents say no more than "changed", and passwords
// do stand in environments, however much better a secret would be.
bool is_hidden(const std::string& path, const Json& before, const Json& now) {
  if (path == "pre_start") return true;  // whole containers, with their environments
  if (path.ends_with(digest_suffix)) return true;
  constexpr std::array words{"pass", "pwd", "secret", "token", "key", "credential", "auth", "login"};
  const auto lower = to_lower(path);
  const bool called_so =
      std::ranges::any_of(words, [&](const char* word) { return lower.find(word) != std::string::npos; });
  const bool by_name = path.starts_with("environment.") || path.starts_with("labels.");
  const bool words_of_a_command = path.starts_with("command") || path.starts_with("entrypoint");
  return (by_name && called_so) || (words_of_a_command && (names_password(before) || names_password(now))) ||
         has_password(before) || has_password(now);
}

bool has_digest(const Json& value) {
  return is_digest(value) || (value.is_structured() && std::ranges::any_of(value, has_digest));
}

// The text that shows a value; empty and hidden where nothing may be shown.
Change added_to(const std::string& path, const Json& value, bool hidden) {
  return {path, std::nullopt, hidden ? "" : brief(value), hidden};
}
Change removed_from(const std::string& path, const Json& value, bool hidden) {
  return {path, hidden ? "" : brief(value), std::nullopt, hidden};
}

// The container as the engine describes it, in the words of a model, as far as digests stand there.
Json told_by_engine(const Json& inspected) {
  const auto& config = member(inspected, "Config");
  Json told = Json::object();
  for (const auto& entry : member(config, "Env")) {
    const auto text = entry.is_string() ? entry.get<std::string>() : "";
    const auto equals = text.find('=');
    if (equals != std::string::npos) told["environment"][text.substr(0, equals)] = text.substr(equals + 1);
  }
  told["labels"] = member(config, "Labels");
  told["command"] = member(config, "Cmd");
  told["entrypoint"] = member(config, "Entrypoint");
  told["healthcheck"]["test"] = member(member(config, "Healthcheck"), "Test");
  return told;
}

std::string to_text(const Change& change) {
  if (change.hidden && change.before && change.after) return change.path + " changed";
  const auto value = [](const std::string& text) {
    return text.empty() || text.starts_with('{') || text.starts_with('[') ? "" : " " + text;
  };
  if (!change.before) return change.path + value(*change.after) + " added";
  if (!change.after) return change.path + value(*change.before) + " removed";
  return fmt::format("{} {} → {}", change.path, *change.before, *change.after);
}

// A map that is there on one side only is told key by key, so that each value is hidden by its own name.
bool is_map(const Json& value) {
  return value.is_object() && !value.empty() && !is_digest(value);
}

// Lists whose items stand for themselves; of a command and its like the whole counts.
bool is_set(const std::string& path) {
  constexpr std::array wholes{"command", "entrypoint", "healthcheck.test"};
  return std::ranges::none_of(wholes, [&](const char* whole) { return to_lower(path) == whole; });
}

// What an item is known by among its like, empty: by nothing.
std::string identity(const Json& item) {
  if (!item.is_object()) return "";
  for (const auto* key : {"target", "source", "subnet", "path"}) {
    if (item.contains(key) && item[key].is_string()) return item[key].get<std::string>();
  }
  return "";
}

// Items that are on one side only; two of the same identity are one that has changed.
void compare_items(const std::string& path, const Json& before, const Json& now, std::vector<Change>& changes) {
  const auto without = [](const Json& from, const Json& what) {
    std::vector<Json> rest(from.begin(), from.end());
    for (const auto& item : what) {
      if (const auto found = std::ranges::find(rest, item); found != rest.end()) rest.erase(found);
    }
    return rest;
  };
  const auto below = [&](const std::string& name) { return name.empty() ? path : fmt::format("{}[{}]", path, name); };
  const auto gone = without(before, now);
  auto come = without(now, before);
  if (gone.empty() && come.empty()) {
    const bool hidden = has_digest(before);
    changes.push_back({path, hidden ? "" : brief(before), hidden ? "" : brief(now), hidden});
  }
  for (const auto& item : gone) {
    const auto name = identity(item);
    const auto other = std::ranges::find_if(come, [&](const Json& each) {
      return !name.empty() ? identity(each) == name : each.is_object() && item.is_object();
    });
    if (other == come.end()) {
      changes.push_back(removed_from(below(name), item, has_digest(item)));
    } else {
      compare(below(name), item, *other, changes);
      come.erase(other);
    }
  }
  for (const auto& item : come) changes.push_back(added_to(below(identity(item)), item, has_digest(item)));
}

bool is_secret(const std::string& path, const Json& before, const Json& now) {
  return has_digest(before) || has_digest(now) || is_hidden(path, before, now);
}

// An ordered object looks for a member among all of them.
std::unordered_map<std::string_view, const Json*> members_of(const Json& object) {
  std::unordered_map<std::string_view, const Json*> members;
  for (const auto& [name, value] : object.get_ref<const Json::object_t&>()) members.emplace(name, &value);
  return members;
}

}  // namespace

bool may_be_secret(const std::string& path, const Json& value) {
  return is_hidden(path, value, value);
}

void compare(const std::string& path, const Json& before, const Json& now, std::vector<Change>& changes) {
  if (before == now) return;
  if (before.is_object() && now.is_object() && !is_digest(before) && !is_digest(now)) {
    const auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
    const auto hidden = [&](const std::string& key, const Json& value) { return is_secret(below(key), value, value); };
    const auto members_before = members_of(before), members_now = members_of(now);
    for (const auto& [key, value] : before.items()) {
      if (members_now.contains(key)) continue;
      if (is_map(value)) {
        compare(below(key), value, Json::object(), changes);
      } else {
        changes.push_back(removed_from(below(key), value, hidden(key, value)));
      }
    }
    for (const auto& [key, value] : now.items()) {
      if (const auto found = members_before.find(key); found != members_before.end()) {
        compare(below(key), *found->second, value, changes);
      } else if (is_map(value)) {
        compare(below(key), Json::object(), value, changes);
      } else {
        changes.push_back(added_to(below(key), value, hidden(key, value)));
      }
    }
    return;
  }
  if (before.is_array() && now.is_array() && !is_hidden(path, before, now) && is_set(path)) {
    compare_items(path, before, now, changes);
    return;
  }
  if (is_secret(path, before, now)) {
    const bool content = path.ends_with(digest_suffix);
    changes.push_back({content ? path.substr(0, path.size() - digest_suffix.size()) : path, "", "", true});
  } else {
    const auto [was, is] = brief(before, now);
    changes.push_back({path, was, is});
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

Cause cause_of_change(const std::string& before, const Json& now, const Json* inspected) {
  if (before.empty()) return {"made by another tool"};
  auto record = read_record(before);
  if (!record) return {"its recorded model is unreadable"};
  if (inspected && inspected->is_object()) record->model = revealed(*record, told_by_engine(*inspected));
  Cause cause;
  compare("", record->model, aligned(*record, now), cause.changes);
  cause.text = cause.changes.empty() ? "order of keys" : to_text(cause.changes);
  return cause;
}

}  // namespace saasctl::plan
