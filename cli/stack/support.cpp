#include "stack/support.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace saasctl::stack {
namespace {

constexpr std::array names{"yes", "partly", "no effect", "refused"};

std::string_view name_of(Support support) {
  return names.at(static_cast<std::size_t>(support));
}

// Below a key without effect nothing has one.
void append(const RecordInfo& record, const std::string& prefix, const KeyInfo* silent, std::vector<KeySupport>& out) {
  for (const auto& key : record.keys) {
    if (key.origin == Origin::ours) continue;
    const auto* without = key.support == Support::no_effect ? &key : silent;
    const auto support = without ? Support::no_effect : key.support;
    const auto& why = without ? without->why : key.why;
    out.push_back({prefix + key.name, support, why.empty() ? key.doc : why});
    if (key.record) append(*key.record, prefix + key.name + ".", without, out);
  }
  for (const auto& key : record.refused) out.push_back({prefix + key.name, key.support, key.why});
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::vector<KeySupport> compose_keys(const RecordInfo& root) {
  std::vector<KeySupport> keys;
  append(root, "", nullptr, keys);
  return keys;
}

std::string make_support_page(const RecordInfo& root) {
  const auto keys = compose_keys(root);
  std::array<int, names.size()> counts{};
  for (const auto& key : keys) ++counts.at(static_cast<std::size_t>(key.support));
  std::string out = fmt::format(
      "Of the {} keys below, {} do what they do in Compose, {} do for all but some values, {} are read, checked and "
      "written without any effect on one engine, and {} are refused with an error at their line. Keys that begin with "
      "`x-` are always let through.\n",
      keys.size(), counts[0], counts[1], counts[2], counts[3]);
  std::string section;
  for (const auto& key : keys) {
    const auto top = key.path.substr(0, key.path.find('.'));
    const auto below = key.path.size() > top.size() ? key.path.substr(top.size() + 1) : top;
    const bool has_table =
        std::ranges::any_of(keys, [&](const KeySupport& other) { return other.path.starts_with(top + "."); });
    const auto title = has_table ? top : "top level";
    if (has_table && below == top) continue;
    if (title != section) {
      section = title;
      out += fmt::format("\n## {}\n\n| key | supported | meaning, or why not |\n|---|---|---|\n", section);
    }
    out += fmt::format("| `{}` | {} | {} |\n", below, name_of(key.support), escaped(key.text));
  }
  return out;
}

}  // namespace saasctl::stack
