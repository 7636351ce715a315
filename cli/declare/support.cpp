#include "declare/support.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace saasctl::declare {
namespace {

constexpr std::array support_names{"yes", "partly", "no effect", "refused"};

std::string_view name_of(Support support) {
  return support_names.at(static_cast<std::size_t>(support));
}

// Below a key without effect nothing has one.
void append(const RecordInfo& record, const std::string& prefix, const KeyInfo* silent, std::vector<KeySupport>& out) {
  for (const auto& key : record.keys) {
    if (key.origin == Origin::ours) continue;
    const auto* without = key.support == Support::no_effect ? &key : silent;
    const auto support = without ? Support::no_effect : key.support;
    const auto why = without ? without->why : key.why;
    out.push_back({prefix + key.name, support, std::string(why.empty() ? key.doc : why)});
    if (key.record) append(*key.record, prefix + key.name + ".", without, out);
  }
  for (const auto& key : record.refused) out.push_back({prefix + key.name, key.support, std::string(key.why)});
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string head(const std::string& title) {
  return fmt::format("\n## {}\n\n| key | supported | meaning, or why not |\n|---|---|---|\n", title);
}

std::string row(const std::string& name, const KeySupport& key) {
  return fmt::format("| `{}` | {} | {} |\n", name, name_of(key.support), escaped(key.text));
}

}  // namespace

std::vector<KeySupport> compose_keys(const RecordInfo& root) {
  std::vector<KeySupport> keys;
  append(root, "", nullptr, keys);
  return keys;
}

std::string make_support_page(const RecordInfo& root) {
  const auto keys = compose_keys(root);
  std::array<int, support_names.size()> counts{};
  for (const auto& key : keys) ++counts.at(static_cast<std::size_t>(key.support));
  std::string out = fmt::format(
      "Of the {} keys below, {} do what they do in Compose, {} do for all but some values, {} are read, checked and "
      "written without any effect on one engine, and {} are refused with an error at their line. Keys that begin with "
      "`x-` are always let through.\n",
      keys.size(), counts[0], counts[1], counts[2], counts[3]);
  const auto top_of = [](const KeySupport& key) { return key.path.substr(0, key.path.find('.')); };
  const auto has_table = [&](const std::string& top) {
    return std::ranges::any_of(keys, [&](const auto& key) { return key.path.starts_with(top + "."); });
  };
  out += head("top level");
  for (const auto& key : keys) {
    if (top_of(key) == key.path && !has_table(key.path)) out += row(key.path, key);
  }
  std::string section;
  for (const auto& key : keys) {
    const auto top = top_of(key);
    if (top == key.path) continue;
    if (std::exchange(section, top) != top) out += head(top);
    out += row(key.path.substr(top.size() + 1), key);
  }
  return out;
}

}  // namespace saasctl::declare
