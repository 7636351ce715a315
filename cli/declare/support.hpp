// Which keys of the Compose specification are supported, as the declarations say.
#pragma once

#include <string>
#include <vector>

#include "declare/declare.hpp"

namespace saasctl::declare {

struct KeySupport {
  std::string path;  // "services.deploy.replicas": names that users choose are left out
  Support support;
  std::string text;  // what it means, or why it is not fully supported
};

// Every key of Compose's that the record and those below it declare, in their order. What is below a refused key is not
// listed.
std::vector<KeySupport> compose_keys(const RecordInfo& root);

// The page in Markdown: one table for each key of the top level.
std::string make_support_page(const RecordInfo& root);

}  // namespace saasctl::declare
