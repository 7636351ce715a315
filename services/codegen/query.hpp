// The queries of a queries.sql, each with the types of its parameters and results worked out from the schema.
//
//   -- name: find_user_by_email :one
//   SELECT id, password_hash FROM auth.users WHERE email = @email;
//
// `:one` gives at most one row, `:many` any number, `:exec` none. A parameter's type follows from the column it is
// compared with, set to or inserted into; elsewhere write @name::type. An expression in the result list needs a type
// and a name: count(*)::bigint AS total. Columns of a LEFT JOINed table may be null.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/diagnostic.hpp"
#include "codegen/schema.hpp"

namespace saasctl::codegen {

struct Query {
  enum class Rows { one, many, exec };

  std::string name;
  Rows rows = Rows::exec;
  std::string operation;           // SELECT, INSERT, UPDATE or DELETE
  std::string collection;          // the first table named: "auth.users"
  std::string sql;                 // with $1, $2, … and columns for *, white space made single
  std::vector<Column> parameters;  // $1 first
  std::vector<Column> results;
};

[[nodiscard]] std::expected<std::vector<Query>, Diagnostics> parse_queries(std::string_view text, const Schema& schema);

}  // namespace saasctl::codegen
