// The tables a schema.sql declares: PostgreSQL's CREATE SCHEMA, CREATE TABLE, ALTER TABLE … ADD COLUMN, CREATE INDEX
// and INSERT (PostgreSQL 15 documentation, part VI). Each statement has to bear being run again, because a service runs
// the file at every start.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/diagnostic.hpp"
#include "codegen/lexer.hpp"

namespace saasctl::codegen {

enum class SqlType { text, uuid, bigint, integer, boolean, timestamptz, double_precision };

struct Column {
  std::string name;
  SqlType type = SqlType::text;
  bool nullable = true;
};

struct Table {
  std::string schema;  // "public" when none is written
  std::string name;
  std::vector<Column> columns;

  [[nodiscard]] const Column* find(std::string_view column) const;
  [[nodiscard]] std::string full_name() const { return schema + "." + name; }
};

struct Schema {
  std::vector<Table> tables;

  [[nodiscard]] const Table* find(std::string_view schema, std::string_view name) const;
};

// All errors of the file, in its order.
[[nodiscard]] std::expected<Schema, Diagnostics> parse_schema(std::string_view text);

// The type that begins at `tokens[at]`, moving `at` behind it; the error lists what is known.
[[nodiscard]] std::expected<SqlType, Diagnostic> parse_type(const std::vector<Token>& tokens, std::size_t& at);

}  // namespace saasctl::codegen
