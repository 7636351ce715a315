#include "codegen/emit.hpp"
#include "codegen/query.hpp"
#include "codegen/schema.hpp"
#include "tests/catch.hpp"

using namespace saasctl::codegen;

namespace {

constexpr std::string_view kSchema = R"(
CREATE SCHEMA IF NOT EXISTS app;
CREATE TABLE IF NOT EXISTS app.users (
    id    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL UNIQUE,   -- a comment, with a comma
    age   integer CHECK (age IN (1, 2)),
    born  timestamp with time zone NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS app.notes (owner uuid REFERENCES app.users (id), n bigint NOT NULL, PRIMARY KEY (owner, n));
)";

Schema example_schema() {
  return parse_schema(kSchema).value();
}

Query single(std::string_view text) {
  const auto queries = parse_queries(text, example_schema());
  REQUIRE(queries.has_value());
  REQUIRE(queries->size() == 1);
  return queries->front();
}

std::string schema_error(std::string text) {
  const auto schema = parse_schema(text);
  REQUIRE_FALSE(schema.has_value());
  return render({"schema.sql", std::move(text)}, schema.error().front());
}

std::string query_error(std::string text) {
  const auto queries = parse_queries(text, example_schema());
  REQUIRE_FALSE(queries.has_value());
  return render({"queries.sql", std::move(text)}, queries.error().front());
}

}  // namespace

TEST_CASE("Tables are read with types and nullability", "[codegen]") {
  const Schema schema = example_schema();
  const Table* users = schema.find("app", "users");
  REQUIRE(users != nullptr);
  REQUIRE(users->columns.size() == 4);
  CHECK_FALSE(users->find("id")->nullable);
  CHECK(users->find("email")->type == SqlType::text);
  CHECK_FALSE(users->find("email")->nullable);
  CHECK(users->find("age")->nullable);
  CHECK(users->find("born")->type == SqlType::timestamptz);
  CHECK_FALSE(schema.find("app", "notes")->find("owner")->nullable);
}

TEST_CASE("A column added later is a column", "[codegen]") {
  const auto schema =
      parse_schema(std::string(kSchema) + "ALTER TABLE app.users ADD COLUMN IF NOT EXISTS nick varchar(20);");
  REQUIRE(schema.has_value());
  CHECK(schema->find("app", "users")->find("nick")->nullable);
}

TEST_CASE("Schema errors point at the line and column", "[codegen]") {
  CHECK(schema_error("CREATE TABLE IF NOT EXISTS t (\n  a txt\n);") ==
        "schema.sql:2:5: error: expected a type that is known here: text, varchar, uuid, bigint, int8, integer, int, "
        "int4, boolean, bool, timestamptz, double, float8\n  a txt\n    ^\n");
  CHECK(schema_error("CREATE TABLE t (a text);") ==
        "schema.sql:1:14: error: expected IF NOT EXISTS: a service runs this file at every start\n"
        "CREATE TABLE t (a text);\n             ^\n");
}

TEST_CASE("What could not be run twice, is declared twice or is not understood is refused", "[codegen]") {
  const std::string text =
      GENERATE(as<std::string>{}, "DROP TABLE t;", "INSERT INTO t VALUES (1);",
               "CREATE TABLE IF NOT EXISTS t (a text); INSERT INTO t (a) VALUES ('x');",
               "CREATE TABLE IF NOT EXISTS t (a text, a text);",
               "CREATE TABLE IF NOT EXISTS t (a text); CREATE TABLE IF NOT EXISTS t (b text);",
               "CREATE TABLE IF NOT EXISTS t (a text, PRIMARY KEY (b));", "CREATE TABLE IF NOT EXISTS t (a text",
               "CREATE TABLE IF NOT EXISTS t (a text DEFAULT 'x);", "CREATE INDEX IF NOT EXISTS i ON nowhere (a);",
               "/* never closed", "$");
  CAPTURE(text);
  CHECK_FALSE(parse_schema(text).has_value());
}

TEST_CASE("All errors of a file are reported, not the first only", "[codegen]") {
  CHECK(parse_schema("DROP TABLE a; DROP TABLE b;").error().size() == 2);
  CHECK(parse_queries("-- name: a :one\nSELECT x FROM app.users;\n-- name: b :one\nSELECT y FROM app.users;",
                      example_schema())
            .error()
            .size() == 2);
}

TEST_CASE("Parameters take the types of the columns they meet", "[codegen]") {
  const Query insert = single("-- name: add :exec\nINSERT INTO app.users (email, age) VALUES (@email, @age);");
  REQUIRE(insert.parameters.size() == 2);
  CHECK(insert.parameters[0].type == SqlType::text);
  CHECK_FALSE(insert.parameters[0].nullable);
  CHECK(insert.parameters[1].type == SqlType::integer);
  CHECK(insert.parameters[1].nullable);
  CHECK(insert.sql == "INSERT INTO app.users (email, age) VALUES ($1, $2)");

  const Query select =
      single("-- name: some :many\nSELECT id FROM app.users u\n  WHERE u.age >= @least AND @mail = email LIMIT @most");
  REQUIRE(select.parameters.size() == 3);
  CHECK(select.parameters[0].type == SqlType::integer);
  CHECK_FALSE(select.parameters[0].nullable);
  CHECK(select.parameters[1].type == SqlType::text);
  CHECK(select.parameters[2].type == SqlType::bigint);
}

TEST_CASE("A parameter used twice is one, and a cast decides where nothing else does", "[codegen]") {
  const Query query =
      single("-- name: q :exec\nUPDATE app.users SET age = @age WHERE age <> @age AND length(email) > @n::integer;");
  REQUIRE(query.parameters.size() == 2);
  CHECK(query.sql == "UPDATE app.users SET age = $1 WHERE age <> $1 AND length(email) > $2::integer");
}

TEST_CASE("Results are columns, whole rows or typed expressions", "[codegen]") {
  const Query all = single("-- name: q :one\nSELECT * FROM app.users WHERE id = @id;");
  CHECK(all.results.size() == 4);
  CHECK(all.sql == "SELECT id, email, age, born FROM app.users WHERE id = $1");
  const Query count =
      single("-- name: q :one\nSELECT count(*)::bigint AS total, u.email AS mail FROM app.users AS u GROUP BY email;");
  REQUIRE(count.results.size() == 2);
  CHECK(count.results[0].name == "total");
  CHECK(count.results[0].type == SqlType::bigint);
  CHECK(count.results[1].name == "mail");
  const Query joined =
      single("-- name: q :many\nSELECT u.id, n.n FROM app.users u LEFT JOIN app.notes n ON n.owner = u.id;");
  CHECK_FALSE(joined.results[0].nullable);
  CHECK(joined.results[1].nullable);
}

TEST_CASE("Query errors point at the word and name the nearest", "[codegen]") {
  CHECK(query_error("-- name: q :one\nSELECT emial FROM app.users;") ==
        "queries.sql:2:8: error: there is no column 'emial'. Did you mean 'email'?\nSELECT emial FROM app.users;\n     "
        "  ^\n");
  CHECK(query_error("-- name: q :one\nSELECT id FROM app.user;") ==
        "queries.sql:2:16: error: the schema has no table 'app.user'. Did you mean 'app.users'?\n"
        "SELECT id FROM app.user;\n               ^\n");
  CHECK(query_error("-- name: q :one\nSELECT id FROM app.users WHERE f(@x);") ==
        "queries.sql:2:34: error: the type of @x cannot be told from here: write @x::type\n"
        "SELECT id FROM app.users WHERE f(@x);\n                                 ^\n");
}

TEST_CASE("Queries that contradict themselves are refused", "[codegen]") {
  const std::string text =
      GENERATE(as<std::string>{}, "SELECT id FROM app.users;", "-- name: q\nSELECT id FROM app.users;",
               "-- name: q :two\nSELECT id FROM app.users;", "-- name: q :exec\nSELECT id FROM app.users;",
               "-- name: q :one\nDELETE FROM app.users;", "-- name: q :one\n",
               "-- name: q :one\nSELECT count(*) FROM app.users;", "-- name: q :exec\nTRUNCATE app.users;",
               "-- name: q :one\nSELECT id FROM app.users WHERE id = @x AND age = @x;",
               "-- name: q :exec\nDELETE FROM app.users; -- name: q :exec\nDELETE FROM app.users;");
  CAPTURE(text);
  CHECK_FALSE(parse_queries(text, example_schema()).has_value());
}

TEST_CASE("The generated code has a struct a table, a function a query and the schema", "[codegen]") {
  const Schema schema = example_schema();
  const auto queries = parse_queries(
      "-- name: find_user :one\nSELECT * FROM app.users WHERE id = @id;\n"
      "-- name: ages :many\nSELECT age FROM app.users;\n"
      "-- name: forget :exec\nDELETE FROM app.users WHERE id = @id;",
      schema);
  REQUIRE(queries.has_value());
  const Generated code = emit(kSchema, schema, *queries, "saasctl::app::db");
  CHECK(code.header.find("namespace saasctl::app::db {") != std::string::npos);
  CHECK(code.header.find(
            "struct User {\n  std::string id{};\n  std::string email{};\n  std::optional<std::int32_t> age{};\n"
            "  services::Timestamp born{};\n};") != std::string::npos);
  CHECK(code.header.find("Result<std::optional<User>>> find_user(std::string id) const;") != std::string::npos);
  CHECK(code.header.find("Result<std::vector<AgesRow>>> ages() const;") != std::string::npos);
  CHECK(code.header.find("Result<void>> forget(std::string id) const;") != std::string::npos);
  CHECK(code.header.find(kSchema) != std::string::npos);
  CHECK(code.source.find("{\"find_user\", \"SELECT\", \"app.users\",") != std::string::npos);
  CHECK(emit(kSchema, schema, *queries, "saasctl::app::db").source == code.source);
}
