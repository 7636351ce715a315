#include "codegen/emit.hpp"

#include <algorithm>
#include <cctype>

namespace saasctl::codegen {

namespace {

std::string cpp_type(const Column& column) {
  std::string type;
  switch (column.type) {
    case SqlType::text:
    case SqlType::uuid:
      type = "std::string";
      break;
    case SqlType::bigint:
      type = "std::int64_t";
      break;
    case SqlType::integer:
      type = "std::int32_t";
      break;
    case SqlType::boolean:
      type = "bool";
      break;
    case SqlType::timestamptz:
      type = "services::Timestamp";
      break;
    case SqlType::double_precision:
      type = "double";
      break;
  }
  return column.nullable ? "std::optional<" + type + ">" : type;
}

std::string camel_case(std::string_view snake_case) {
  std::string name;
  bool upper = true;
  for (const char letter : snake_case) {
    if (letter == '_') {
      upper = true;
      continue;
    }
    name += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(letter))) : letter;
    upper = false;
  }
  return name;
}

// A row of `users` is a User.
std::string row_name(const Table& table) {
  std::string name = camel_case(table.name);
  if (name.ends_with('s') && !name.ends_with("ss")) name.pop_back();
  return name;
}

std::string struct_text(const std::string& comment, const std::string& name, const std::vector<Column>& columns) {
  std::string text = "// " + comment + "\nstruct " + name + " {\n";
  for (const Column& column : columns) text += "  " + cpp_type(column) + " " + column.name + "{};\n";
  return text + "};\n\n";
}

bool same_columns(const std::vector<Column>& left, const std::vector<Column>& right) {
  return std::ranges::equal(left, right, [](const Column& one, const Column& other) {
    return one.name == other.name && one.type == other.type && one.nullable == other.nullable;
  });
}

// The table whose rows this query returns whole, or the query's own struct.
std::string result_name(const Query& query, const Schema& schema) {
  const auto table = std::ranges::find_if(
      schema.tables, [&](const Table& known) { return same_columns(known.columns, query.results); });
  return table == schema.tables.end() ? camel_case(query.name) + "Row" : row_name(*table);
}

std::string return_type(const Query& query, const Schema& schema) {
  switch (query.rows) {
    case Query::Rows::exec:
      return "void";
    case Query::Rows::one:
      return "std::optional<" + result_name(query, schema) + ">";
    case Query::Rows::many:
      return "std::vector<" + result_name(query, schema) + ">";
  }
  return "";
}

std::string signature(const Query& query, const Schema& schema, const std::string& owner) {
  std::string parameters;
  for (const Column& parameter : query.parameters) {
    parameters += (parameters.empty() ? "" : ", ") + cpp_type(parameter) + " " + parameter.name;
  }
  return "services::Task<services::postgres::Result<" + return_type(query, schema) + ">> " + owner + query.name + "(" +
         parameters + ") const";
}

std::string literal(std::string_view sql) {
  return "R\"sql(" + std::string(sql) + ")sql\"";
}

std::string header_text(std::string_view schema_text, const Schema& schema, const std::vector<Query>& queries,
                        const std::string& name_space) {
  std::string text =
      "// Generated from schema.sql and queries.sql; change those.\n#pragma once\n\n#include <cstdint>\n#include "
      "<optional>\n"
      "#include <string>\n#include <string_view>\n#include <vector>\n\n#include \"common/core/span.hpp\"\n"
      "#include \"common/core/timestamp.hpp\"\n#include \"common/runtime/database.hpp\"\n\nnamespace " +
      name_space + " {\n\nnamespace services = saasctl::services;\n\n// schema.sql as it was.\n" +
      "inline constexpr std::string_view kSchema = " + literal(schema_text) + ";\n\n";
  std::vector<std::string> known;
  for (const Table& table : schema.tables) {
    known.push_back(row_name(table));
    text += struct_text("A row of " + table.full_name() + ".", known.back(), table.columns);
  }
  for (const Query& query : queries) {
    const std::string name = result_name(query, schema);
    if (query.rows == Query::Rows::exec || std::ranges::find(known, name) != known.end()) continue;
    known.push_back(name);
    text += struct_text("A row of the query " + query.name + ".", name, query.results);
  }
  text +=
      "// The queries, run for one request. Database and span must outlive each co_await.\nclass Queries {\n public:\n"
      "  Queries(services::postgres::Database& database, const services::Span& parent) : database_(database), "
      "parent_(parent) {}\n\n";
  for (const Query& query : queries) text += "  [[nodiscard]] " + signature(query, schema, "") + ";\n";
  return text +
         "\n private:\n  services::postgres::Database& database_;\n  const services::Span& parent_;\n};\n\n}  // "
         "namespace " +
         name_space + "\n";
}

std::string read_row(const Query& query, const Schema& schema, const std::string& row) {
  std::string text = result_name(query, schema) + "{";
  for (std::size_t at = 0; at < query.results.size(); ++at) {
    text += (at == 0 ? "" : ", ") + ("services::postgres::decode<" + cpp_type(query.results[at]) + ">(*rows, " + row +
                                     ", " + std::to_string(at) + ")");
  }
  return text + "}";
}

std::string body(const Query& query, const Schema& schema) {
  std::string parameters;
  for (const Column& parameter : query.parameters) {
    parameters += "  parameters.push_back(services::postgres::encode(" + parameter.name + "));\n";
  }
  std::string text = "  services::postgres::Parameters parameters;\n" + parameters +
                     "  auto rows = co_await database_.execute(k" + camel_case(query.name) +
                     ", std::move(parameters), parent_);\n  if (!rows) co_return std::unexpected(rows.error());\n";
  const std::string type = return_type(query, schema);
  switch (query.rows) {
    case Query::Rows::exec:
      return text + "  co_return services::postgres::Result<void>();\n";
    case Query::Rows::one:
      return text + "  if (rows->size() == 0) co_return " + type + "();\n  co_return " + type + "(" +
             read_row(query, schema, "0") + ");\n";
    case Query::Rows::many:
      return text + "  " + type + " found;\n  for (int row = 0; row < rows->size(); ++row) {\n    found.push_back(" +
             read_row(query, schema, "row") + ");\n  }\n  co_return found;\n";
  }
  return text;
}

std::string source_text(const Schema& schema, const std::vector<Query>& queries, const std::string& name_space) {
  std::string text =
      "// Generated from schema.sql and queries.sql; change those.\n#include \"db.hpp\"\n\n#include "
      "\"common/runtime/row_codec.hpp\"\n\nnamespace " +
      name_space + " {\n\nnamespace {\n\n";
  for (const Query& query : queries) {
    text += "constexpr services::postgres::Statement k" + camel_case(query.name) + " = {\"" + query.name + "\", \"" +
            query.operation + "\", \"" + query.collection + "\",\n    " + literal(query.sql) + "};\n\n";
  }
  text += "}  // namespace\n";
  for (const Query& query : queries) {
    text += "\n" + signature(query, schema, "Queries::") + " {\n" + body(query, schema) + "}\n";
  }
  return text + "\n}  // namespace " + name_space + "\n";
}

}  // namespace

Generated emit(std::string_view schema_text, const Schema& schema, const std::vector<Query>& queries,
               std::string_view name_space) {
  const std::string name(name_space);
  return {header_text(schema_text, schema, queries, name), source_text(schema, queries, name)};
}

}  // namespace saasctl::codegen
