#include "codegen/schema.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace saasctl::codegen {

namespace {

struct TypeName {
  std::string_view name;
  SqlType type;
};

constexpr std::array kTypeNames = std::to_array<TypeName>({
    {"text", SqlType::text},
    {"varchar", SqlType::text},
    {"uuid", SqlType::uuid},
    {"bigint", SqlType::bigint},
    {"int8", SqlType::bigint},
    {"integer", SqlType::integer},
    {"int", SqlType::integer},
    {"int4", SqlType::integer},
    {"boolean", SqlType::boolean},
    {"bool", SqlType::boolean},
    {"timestamptz", SqlType::timestamptz},
    {"double", SqlType::double_precision},
    {"float8", SqlType::double_precision},
});

constexpr std::array<std::string_view, 5> kTableConstraints = {"primary", "unique", "foreign", "check", "constraint"};

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  std::expected<Schema, Diagnostics> run() {
    while (token().kind != Token::Kind::end) {
      if (auto done = statement(); !done) {
        errors_.push_back(done.error());
        skip_statement();
      }
    }
    if (!errors_.empty()) return std::unexpected(std::move(errors_));
    return std::move(schema_);
  }

 private:
  using Step = std::expected<void, Diagnostic>;

  [[nodiscard]] const Token& token(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  bool accept(std::string_view text) {
    if (!token().is(text)) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] std::unexpected<Diagnostic> wrong(const std::string& message) const {
    return std::unexpected(Diagnostic{token().offset, message});
  }
  Step expect(std::string_view text) {
    if (accept(text)) return {};
    return wrong("expected '" + std::string(text) + "'");
  }
  void skip_statement() {
    while (token().kind != Token::Kind::end && !token().is(";")) ++at_;
    accept(";");
  }

  Step statement() {
    if (accept(";")) return {};
    const Token first = token();
    if (accept("create")) return create();
    if (accept("alter")) return alter();
    if (accept("insert")) return insert();
    return std::unexpected(
        Diagnostic{first.offset, "expected CREATE SCHEMA, CREATE TABLE, CREATE INDEX, ALTER TABLE or INSERT"});
  }

  Step create() {
    if (accept("schema")) return create_schema();
    if (accept("table")) return create_table();
    accept("unique");
    if (accept("index")) return create_index();
    return wrong("expected SCHEMA, TABLE or INDEX");
  }

  Step create_schema() {
    if (auto done = if_not_exists(); !done) return done;
    return finish();
  }

  Step if_not_exists() {
    if (accept("if") && accept("not") && accept("exists")) return {};
    return wrong("expected IF NOT EXISTS: a service runs this file at every start");
  }

  std::expected<std::pair<std::string, std::string>, Diagnostic> qualified_name() {
    if (token().kind != Token::Kind::word) return wrong("expected a table's name");
    std::string name = token().text;
    ++at_;
    if (!accept(".")) return std::pair(std::string("public"), std::move(name));
    if (token().kind != Token::Kind::word) return wrong("expected a table's name behind the dot");
    std::string table = token().text;
    ++at_;
    return std::pair(std::move(name), std::move(table));
  }

  std::expected<Table*, Diagnostic> known_table() {
    const std::size_t offset = token().offset;
    auto name = qualified_name();
    if (!name) return std::unexpected(name.error());
    for (Table& table : schema_.tables) {
      if (table.schema == name->first && table.name == name->second) return &table;
    }
    return std::unexpected(Diagnostic{offset, "no table '" + name->first + "." + name->second + "' is created above"});
  }

  Step create_table() {
    if (auto done = if_not_exists(); !done) return done;
    const std::size_t offset = token().offset;
    auto name = qualified_name();
    if (!name) return std::unexpected(name.error());
    if (schema_.find(name->first, name->second) != nullptr) {
      return std::unexpected(Diagnostic{offset, "table '" + name->second + "' is created twice"});
    }
    Table table{name->first, name->second, {}};
    if (auto done = expect("("); !done) return done;
    do {
      if (auto done = table_item(table); !done) return done;
    } while (accept(","));
    if (auto done = expect(")"); !done) return done;
    schema_.tables.push_back(std::move(table));
    return finish();
  }

  Step table_item(Table& table) {
    const bool is_constraint = token().kind == Token::Kind::word &&
                               std::ranges::find(kTableConstraints, token().text) != kTableConstraints.end();
    return is_constraint ? table_constraint(table) : column(table);
  }

  Step table_constraint(Table& table) {
    if (accept("primary") && accept("key") && accept("(")) {
      do {
        const auto found = std::ranges::find(table.columns, token().text, &Column::name);
        if (found == table.columns.end()) return unknown_column(table);
        found->nullable = false;
        ++at_;
      } while (accept(","));
      return expect(")");
    }
    return skip_item();
  }

  [[nodiscard]] std::unexpected<Diagnostic> unknown_column(const Table& table) const {
    std::vector<std::string> names;
    for (const Column& column : table.columns) names.push_back(column.name);
    return wrong("table '" + table.name + "' has no column '" + token().text + "'." + suggestion(token().text, names));
  }

  Step column(Table& table) {
    if (token().kind != Token::Kind::word) return wrong("expected a column's name");
    if (table.find(token().text) != nullptr) return wrong("column '" + token().text + "' is declared twice");
    Column column{.name = token().text};
    ++at_;
    auto type = parse_type(tokens_, at_);
    if (!type) return std::unexpected(type.error());
    column.type = *type;
    for (std::size_t ahead = 0; !ends_item(ahead); ++ahead) {
      const bool required = (token(ahead).is("not") && token(ahead + 1).is("null")) ||
                            (token(ahead).is("primary") && token(ahead + 1).is("key"));
      if (required) column.nullable = false;
    }
    table.columns.push_back(std::move(column));
    return skip_item();
  }

  [[nodiscard]] bool ends_item(std::size_t ahead) const {
    const Token& next = token(ahead);
    return next.kind == Token::Kind::end || next.is(",") || next.is(")") || next.is(";");
  }

  // To the comma or parenthesis that ends the item, over any parentheses inside it.
  Step skip_item() {
    int depth = 0;
    for (; token().kind != Token::Kind::end && !token().is(";"); ++at_) {
      if (depth == 0 && (token().is(",") || token().is(")"))) return {};
      if (token().is("(")) ++depth;
      if (token().is(")")) --depth;
    }
    return wrong("expected ')' at the end of the table");
  }

  Step create_index() {
    if (auto done = if_not_exists(); !done) return done;
    ++at_;  // the index's name
    if (auto done = expect("on"); !done) return done;
    if (auto table = known_table(); !table) return std::unexpected(table.error());
    return finish();
  }

  Step alter() {
    if (auto done = expect("table"); !done) return done;
    auto table = known_table();
    if (!table) return std::unexpected(table.error());
    if (!accept("add") || !accept("column")) return wrong("expected ADD COLUMN IF NOT EXISTS");
    if (auto done = if_not_exists(); !done) return done;
    if (token().kind != Token::Kind::word) return wrong("expected a column's name");
    // Outside a parenthesis the column's end is the statement's, which skip_item() would take for an error.
    Column column{.name = token().text};
    ++at_;
    auto type = parse_type(tokens_, at_);
    if (!type) return std::unexpected(type.error());
    column.type = *type;
    for (std::size_t ahead = 0; token(ahead).kind != Token::Kind::end && !token(ahead).is(";"); ++ahead) {
      if (token(ahead).is("not") && token(ahead + 1).is("null")) column.nullable = false;
    }
    (*table)->columns.push_back(std::move(column));
    return finish();
  }

  Step insert() {
    if (auto done = expect("into"); !done) return done;
    const std::size_t offset = token().offset;
    if (auto table = known_table(); !table) return std::unexpected(table.error());
    bool bears_repetition = false;
    for (std::size_t ahead = 0; token(ahead).kind != Token::Kind::end && !token(ahead).is(";"); ++ahead) {
      if (token(ahead).is("on") && token(ahead + 1).is("conflict")) bears_repetition = true;
    }
    if (!bears_repetition) {
      return std::unexpected(Diagnostic{offset, "expected ON CONFLICT: a service runs this file at every start"});
    }
    return finish();
  }

  Step finish() {
    skip_statement();
    return {};
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  Schema schema_;
  Diagnostics errors_;
};

}  // namespace

const Column* Table::find(std::string_view column) const {
  const auto found = std::ranges::find(columns, column, &Column::name);
  return found == columns.end() ? nullptr : &*found;
}

const Table* Schema::find(std::string_view schema, std::string_view name) const {
  const auto found =
      std::ranges::find_if(tables, [&](const Table& table) { return table.schema == schema && table.name == name; });
  return found == tables.end() ? nullptr : &*found;
}

std::expected<SqlType, Diagnostic> parse_type(const std::vector<Token>& tokens, std::size_t& at) {
  const auto token = [&](std::size_t ahead) -> const Token& { return tokens[std::min(at + ahead, tokens.size() - 1)]; };
  const auto known = std::ranges::find(kTypeNames, token(0).text, &TypeName::name);
  if (token(0).kind == Token::Kind::word && known != kTypeNames.end()) {
    at += known->name == "double" && token(1).is("precision") ? 2 : 1;
    const bool has_length = token(0).is("(") && token(1).kind == Token::Kind::number && token(2).is(")");
    if (has_length) at += 3;
    return known->type;
  }
  if (token(0).is("timestamp") && token(1).is("with") && token(2).is("time") && token(3).is("zone")) {
    at += 4;
    return SqlType::timestamptz;
  }
  std::string names;
  for (const TypeName& type : kTypeNames) names += (names.empty() ? "" : ", ") + std::string(type.name);
  return std::unexpected(Diagnostic{token(0).offset, "expected a type that is known here: " + names});
}

std::expected<Schema, Diagnostics> parse_schema(std::string_view text) {
  auto tokens = tokenize(text);
  if (!tokens) return std::unexpected(Diagnostics{tokens.error()});
  return Parser(std::move(*tokens)).run();
}

}  // namespace saasctl::codegen
