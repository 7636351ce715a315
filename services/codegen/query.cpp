#include "codegen/query.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace saasctl::codegen {

namespace {

struct Scope {
  std::string alias;
  const Table* table;
  bool nullable;  // the outer side of a LEFT JOIN
};

template <std::size_t N>
bool is_any(const Token& token, const std::array<std::string_view, N>& texts) {
  return std::ranges::any_of(texts, [&](std::string_view text) { return token.is(text); });
}

constexpr std::array<std::string_view, 4> kOperations = {"select", "insert", "update", "delete"};
constexpr std::array<std::string_view, 8> kComparisons = {"=", "<", ">", "<=", ">=", "<>", "!=", "+"};
constexpr std::array<std::string_view, 12> kNotAnAlias = {"where", "set",   "values", "on",        "join",  "left",
                                                          "inner", "order", "group",  "returning", "limit", "using"};

// One statement: tokens without its semicolon, closed by an `end` token.
class Statement {
 public:
  Statement(std::string_view text, std::vector<Token> tokens, const Schema& schema)
      : text_(text), tokens_(std::move(tokens)), schema_(schema) {}

  std::expected<void, Diagnostic> analyse(Query& query) {
    if (!is_any(tokens_.front(), kOperations)) {
      return std::unexpected(Diagnostic{tokens_.front().offset, "expected SELECT, INSERT, UPDATE or DELETE"});
    }
    query.operation = tokens_.front().text;
    std::ranges::transform(query.operation, query.operation.begin(),
                           [](char letter) { return static_cast<char>(letter - 'a' + 'A'); });
    if (auto done = find_tables(); !done) return done;
    query.collection = scopes_.front().table->full_name();
    if (auto done = find_parameters(query); !done) return done;
    if (auto done = find_results(query); !done) return done;
    query.sql = numbered_sql(query);
    const bool wants_rows = query.rows != Query::Rows::exec;
    if (wants_rows == !query.results.empty()) return {};
    return std::unexpected(
        Diagnostic{tokens_.front().offset, wants_rows ? "this statement returns no rows: write :exec, or add RETURNING"
                                                      : "this statement returns rows: write :one or :many"});
  }

 private:
  using Step = std::expected<void, Diagnostic>;

  [[nodiscard]] const Token& token(std::size_t at) const { return tokens_[std::min(at, tokens_.size() - 1)]; }

  Step find_tables() {
    for (std::size_t at = 0; at + 1 < tokens_.size(); ++at) {
      const bool names_table = token(at).is("from") || token(at).is("join") || token(at).is("into") ||
                               (token(at).is("update") && !token(at + 1).is("set"));
      // FROM (SELECT …) and functions are read over: their columns can't be told, and saying so is left to the columns.
      if (!names_table || token(at + 1).kind != Token::Kind::word) continue;
      const bool outer = at >= 1 && (token(at - 1).is("left") || (token(at - 1).is("outer")));
      if (auto done = add_scope(at + 1, outer); !done) return done;
      if (token(at).is("into")) scopes_.push_back({"excluded", scopes_.back().table, false});
    }
    if (!scopes_.empty()) return {};
    return std::unexpected(Diagnostic{tokens_.front().offset, "this statement names no table"});
  }

  Step add_scope(std::size_t at, bool outer) {
    const std::size_t offset = token(at).offset;
    std::string schema = "public";
    std::string name = token(at).text;
    if (token(at + 1).is(".")) {
      schema = std::move(name);
      name = token(at + 2).text;
      at += 2;
    }
    const Table* table = schema_.find(schema, name);
    if (table == nullptr) {
      std::vector<std::string> names;
      for (const Table& known : schema_.tables) names.push_back(known.full_name());
      const std::string wanted = schema + "." + name;
      return std::unexpected(
          Diagnostic{offset, "the schema has no table '" + wanted + "'." + suggestion(wanted, names)});
    }
    if (token(at + 1).is("as")) ++at;
    const Token& alias = token(at + 1);
    const bool has_alias = alias.kind == Token::Kind::word && !is_any(alias, kNotAnAlias);
    scopes_.push_back({has_alias ? alias.text : name, table, outer});
    return {};
  }

  // A column's name, perhaps behind an alias, that begins at `at`; `length` is how many tokens it took.
  std::expected<Column, Diagnostic> column_at(std::size_t at, std::size_t& length) const {
    const bool qualified = token(at + 1).is(".");
    length = qualified ? 3 : 1;
    const Token& name = token(qualified ? at + 2 : at);
    std::vector<std::string> names;
    for (const Scope& scope : scopes_) {
      if (qualified && scope.alias != token(at).text) continue;
      if (const Column* column = scope.table->find(name.text)) {
        return Column{column->name, column->type, column->nullable || scope.nullable};
      }
      for (const Column& column : scope.table->columns) names.push_back(column.name);
    }
    if (names.empty()) {
      return std::unexpected(Diagnostic{token(at).offset, "no table here is called '" + token(at).text + "'"});
    }
    return std::unexpected(
        Diagnostic{name.offset, "there is no column '" + name.text + "'." + suggestion(name.text, names)});
  }

  // The column whose last token is at `last`.
  std::optional<Column> column_before(std::size_t last) const {
    if (token(last).kind != Token::Kind::word) return std::nullopt;
    const bool qualified = last >= 2 && token(last - 1).is(".");
    std::size_t length = 0;
    auto column = column_at(qualified ? last - 2 : last, length);
    if (!column) return std::nullopt;
    return *column;
  }

  // The columns between INSERT INTO t and VALUES, for parameters that stand alone in VALUES.
  std::optional<Column> inserted_column(std::size_t at) const {
    const auto word = [this](std::string_view text, std::size_t from) {
      while (from < tokens_.size() && !token(from).is(text)) ++from;
      return from;
    };
    const std::size_t columns = word("(", 0);
    const std::size_t values = word("values", columns);
    if (!tokens_.front().is("insert") || at < values) return std::nullopt;
    std::size_t position = 0;
    int depth = 0;
    for (std::size_t here = values + 1; here < at; ++here) {
      if (token(here).is("(")) ++depth;
      if (token(here).is(")")) --depth;
      if (depth == 1 && token(here).is(",")) ++position;
    }
    const bool alone =
        (token(at - 1).is("(") || token(at - 1).is(",")) && (token(at + 1).is(")") || token(at + 1).is(","));
    if (depth != 1 || !alone) return std::nullopt;
    const std::size_t name = columns + 1 + position * 2;  // names and commas take turns
    return name < values ? column_before(name) : std::nullopt;
  }

  std::expected<std::optional<Column>, Diagnostic> infer(std::size_t at) const {
    if (token(at + 1).is("::")) {
      std::size_t type_at = at + 2;
      auto type = parse_type(tokens_, type_at);
      if (!type) return std::unexpected(type.error());
      return Column{"", *type, false};
    }
    if (at >= 1 && (token(at - 1).is("limit") || token(at - 1).is("offset"))) return Column{"", SqlType::bigint, false};
    if (auto column = inserted_column(at)) return column;
    if (at >= 2 && is_any(token(at - 1), kComparisons)) {
      auto column = column_before(at - 2);
      if (column && !is_assignment(at)) column->nullable = false;
      return column;
    }
    std::size_t length = 0;
    if (is_any(token(at + 1), kComparisons)) {
      auto column = column_at(at + 2, length);
      if (column) return Column{"", column->type, false};
    }
    return std::nullopt;
  }

  // In SET column = @value the value may be null; in a comparison null would never be true.
  [[nodiscard]] bool is_assignment(std::size_t at) const {
    bool in_set = false;
    for (std::size_t here = 0; here < at; ++here) {
      if (token(here).is("set")) in_set = true;
      if (token(here).is("where") || token(here).is("returning")) in_set = false;
    }
    return in_set && token(at - 1).is("=");
  }

  Step find_parameters(Query& query) {
    std::vector<std::optional<Column>> found;
    for (std::size_t at = 0; at < tokens_.size(); ++at) {
      if (token(at).kind != Token::Kind::parameter) continue;
      const auto known = std::ranges::find(names_, token(at).text);
      const auto index = static_cast<std::size_t>(known - names_.begin());
      if (known == names_.end()) {
        names_.push_back(token(at).text);
        first_use_.push_back(token(at).offset);
        found.emplace_back();
      }
      auto column = infer(at);
      if (!column) return std::unexpected(column.error());
      if (!*column) continue;
      if (found[index] && found[index]->type != (*column)->type) {
        return std::unexpected(
            Diagnostic{token(at).offset, "@" + token(at).text + " has another type here than above"});
      }
      const bool nullable = (!found[index] || found[index]->nullable) && (*column)->nullable;
      found[index] = Column{names_[index], (*column)->type, nullable};
    }
    for (std::size_t index = 0; index < found.size(); ++index) {
      if (!found[index]) {
        return std::unexpected(Diagnostic{
            first_use_[index],
            "the type of @" + names_[index] + " cannot be told from here: write @" + names_[index] + "::type"});
      }
      query.parameters.push_back(*found[index]);
    }
    return {};
  }

  // Where the result list begins and ends: behind SELECT up to FROM, or behind RETURNING.
  [[nodiscard]] std::pair<std::size_t, std::size_t> result_list() const {
    int depth = 0;
    std::size_t begin = tokens_.front().is("select") ? 1 : 0;
    for (std::size_t at = 0; at < tokens_.size(); ++at) {
      if (token(at).is("(")) ++depth;
      if (token(at).is(")")) --depth;
      if (depth != 0) continue;
      if (token(at).is("returning")) begin = at + 1;
      const bool ends = token(at).kind == Token::Kind::end || (token(at).is("from") && tokens_.front().is("select"));
      if (ends) return {begin, begin == 0 ? 0 : at};
    }
    return {0, 0};
  }

  Step find_results(Query& query) {
    const auto [begin, end] = result_list();
    int depth = 0;
    for (std::size_t at = begin, item = begin; at <= end && begin != end; ++at) {
      if (token(at).is("(")) ++depth;
      if (token(at).is(")")) --depth;
      const bool item_ends = at == end || (depth == 0 && token(at).is(","));
      if (!item_ends) continue;
      if (auto done = add_result(query, item, at); !done) return done;
      item = at + 1;
    }
    return {};
  }

  Step add_result(Query& query, std::size_t begin, std::size_t end) {
    if (end - begin == 1 && token(begin).is("*")) {
      query.results = scopes_.front().table->columns;
      whole_row_ = begin;
      return {};
    }
    std::string name;
    if (end - begin >= 3 && token(end - 2).is("as")) {
      name = token(end - 1).text;
      end -= 2;
    }
    for (std::size_t at = begin; at + 1 < end && !name.empty(); ++at) {
      if (!token(at).is("::")) continue;
      std::size_t behind = at + 1;
      auto type = parse_type(tokens_, behind);
      if (!type) return std::unexpected(type.error());
      if (behind != end) continue;
      query.results.push_back({name, *type, false});
      return {};
    }
    const bool is_column = end - begin == 1 || (end - begin == 3 && token(begin + 1).is("."));
    if (!is_column) {
      return std::unexpected(
          Diagnostic{token(begin).offset, "give this expression a type and a name: …::type AS name"});
    }
    std::size_t length = 0;
    auto column = column_at(begin, length);
    if (!column) return std::unexpected(column.error());
    if (!name.empty()) column->name = name;
    query.results.push_back(std::move(*column));
    return {};
  }

  // In place of *: an older table may have its columns in another order.
  static std::string column_names(const Table& table) {
    std::string names;
    for (const Column& column : table.columns) names += (names.empty() ? "" : ", ") + column.name;
    return names;
  }

  [[nodiscard]] std::string numbered_sql(const Query& query) const {
    std::string sql;
    std::size_t previous_end = tokens_.front().offset;
    for (std::size_t at = 0; at + 1 < tokens_.size(); ++at) {
      if (token(at).offset > previous_end) sql += ' ';
      previous_end = token(at).offset + token(at).length;
      if (at == whole_row_) {
        sql += column_names(*scopes_.front().table);
        continue;
      }
      if (token(at).kind != Token::Kind::parameter) {
        sql += text_.substr(token(at).offset, token(at).length);
        continue;
      }
      const auto parameter = std::ranges::find(query.parameters, token(at).text, &Column::name);
      sql += '$' + std::to_string(parameter - query.parameters.begin() + 1);
    }
    return sql;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  const Schema& schema_;
  std::vector<Scope> scopes_;
  std::optional<std::size_t> whole_row_;  // where the result list's * stands
  std::vector<std::string> names_;
  std::vector<std::size_t> first_use_;
};

std::expected<Query, Diagnostic> parse_annotation(const Token& annotation) {
  std::istringstream words(annotation.text);
  Query query;
  std::string rows;
  std::string surplus;
  words >> query.name >> rows;
  if (rows == ":one") {
    query.rows = Query::Rows::one;
  } else if (rows == ":many") {
    query.rows = Query::Rows::many;
  } else if (rows != ":exec" || words >> surplus) {
    return std::unexpected(Diagnostic{annotation.offset, "expected -- name: query_name :one, :many or :exec"});
  }
  return query;
}

std::expected<Query, Diagnostic> parse_query(std::string_view text, const Token& annotation, std::vector<Token> tokens,
                                             const Schema& schema) {
  auto query = parse_annotation(annotation);
  if (!query) return query;
  if (tokens.empty()) return std::unexpected(Diagnostic{annotation.offset, "no statement follows this name"});
  tokens.push_back({Token::Kind::end, "", tokens.back().offset + tokens.back().length, 0});
  auto done = Statement(text, std::move(tokens), schema).analyse(*query);
  if (!done) return std::unexpected(done.error());
  return query;
}

}  // namespace

std::expected<std::vector<Query>, Diagnostics> parse_queries(std::string_view text, const Schema& schema) {
  auto tokens = tokenize(text);
  if (!tokens) return std::unexpected(Diagnostics{tokens.error()});
  std::vector<Query> queries;
  Diagnostics errors;
  for (auto at = tokens->begin(); at->kind != Token::Kind::end;) {
    if (at->kind != Token::Kind::annotation) {
      errors.push_back({at->offset, "expected -- name: query_name :one, :many or :exec before a statement"});
    }
    const Token annotation = *at;
    const auto begin = annotation.kind == Token::Kind::annotation ? at + 1 : at;
    auto end = begin;
    while (end->kind != Token::Kind::end && !end->is(";") && end->kind != Token::Kind::annotation) ++end;
    if (annotation.kind == Token::Kind::annotation) {
      auto query = parse_query(text, annotation, {begin, end}, schema);
      if (!query) {
        errors.push_back(query.error());
      } else if (std::ranges::find(queries, query->name, &Query::name) != queries.end()) {
        errors.push_back({annotation.offset, "there are two queries called '" + query->name + "'"});
      } else {
        queries.push_back(std::move(*query));
      }
    }
    at = end->is(";") ? end + 1 : end;
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return queries;
}

}  // namespace saasctl::codegen
