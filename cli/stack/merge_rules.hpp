// Which values of a file merge in a way of their own, and what makes two entries of a list one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "stack/vocabulary.hpp"
#include "yaml/node.hpp"

namespace saasctl::stack {

enum class Way {
  values,        // maps are merged, lists appended, other values replaced
  replace,       // command, entrypoint, healthcheck.test
  pairs,         // a map or a list of KEY=VALUE, merged by key
  sequence,      // one value, a list or a map of KEY: VALUE, appended
  names,         // a list of names or a map
  dependencies,  // the same, where a name alone stands for service_started
  build,         // a path or a map
  logging,       // merged when the drivers are the same
  ulimit,        // a number or a map
  devices,       // gpus: all, or a list that is appended
  ipam           // merged by subnet
};

enum class Identity { none, name, mount, device, secret, config, port, env_file };

struct Rule {
  Way way = Way::values;
  Identity identity = Identity::none;
  std::map<std::string, Rule, std::less<>> keys = {};  // of a map; "*" stands for any

  // The rule of the key, or nullptr: nothing below it has one.
  const Rule* at(std::string_view key) const;
};

// The rules of a whole file.
const Rule& merge_rules();

// What two entries of a list have in common when the later one takes the earlier one's place; nothing for an entry that
// cannot be told, because it is wrong.
std::optional<std::string> identify(const Node& entry, Identity identity);

}  // namespace saasctl::stack
