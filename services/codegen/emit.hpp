// The C++ text made of a schema and its queries. Pure: equal input gives equal bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codegen/query.hpp"
#include "codegen/schema.hpp"

namespace saasctl::codegen {

struct Generated {
  std::string header;  // db.hpp: a struct a table, a struct a result, class Queries, kSchema
  std::string source;  // db.cpp
};

// `name_space` is where the code lives: "saasctl::auth::db".
[[nodiscard]] Generated emit(std::string_view schema_text, const Schema& schema, const std::vector<Query>& queries,
                             std::string_view name_space);

}  // namespace saasctl::codegen
