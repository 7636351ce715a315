#include "common/runtime/database.hpp"

namespace saasctl::services::postgres {

namespace {

constexpr std::size_t kConnections = 4;
constexpr std::chrono::milliseconds kConnectionPatience{2000};
constexpr std::chrono::milliseconds kStatementPatience{6000};  // a second more than the server's own limit

// Class 57 of appendix A: admin_shutdown, crash_shutdown, cannot_connect_now. The statement was rolled back.
bool server_was_leaving(const Error& error) {
  return error.sqlstate == "57P01" || error.sqlstate == "57P02" || error.sqlstate == "57P03";
}

bool may_repeat(const Error& error, const std::string& sql) {
  if (error.kind != Error::Kind::unavailable) return server_was_leaving(error);
  return server_was_leaving(error) || sql.starts_with("SELECT");
}

void describe(Span& span, const Statement& statement, const DatabaseSettings& settings) {
  span.set("db.system.name", std::string("postgresql"));
  span.set("db.namespace", settings.name);
  span.set("db.operation.name", std::string(statement.operation));
  span.set("db.collection.name", std::string(statement.collection));
  span.set("db.query.text", std::string(statement.sql));
  span.set("db.query.summary", std::string(statement.name));
  span.set("server.address", settings.host);
  span.set("server.port", std::int64_t{settings.port});
}

}  // namespace

Database::Database(const DatabaseSettings& settings, std::string application)
    : settings_(settings), application_(std::move(application)), pool_(kConnections) {}

Task<Result<Database::Pool::Lease>> Database::lease(Deadline deadline) {
  auto lease = co_await pool_.acquire(deadline);
  if (!lease) {
    co_return std::unexpected(Error{Error::Kind::unavailable, "", "all connections to the database are in use"});
  }
  std::unique_ptr<Connection>& connection = lease->connection();
  if (connection && connection->is_stale()) connection.reset();
  if (!connection) {
    auto opened = co_await Connection::open(settings_, application_, deadline);
    if (!opened) co_return std::unexpected(opened.error());
    connection = std::move(*opened);
  }
  co_return std::move(*lease);
}

Task<Result<Rows>> Database::attempt(std::string sql, Parameters parameters, Deadline deadline) {
  auto lease = co_await this->lease(Deadline(kConnectionPatience));
  if (!lease) co_return std::unexpected(lease.error());
  std::unique_ptr<Connection>& connection = lease->connection();
  auto rows = co_await connection->execute(std::move(sql), std::move(parameters), deadline);
  if (!connection->usable()) connection.reset();
  co_return rows;
}

Task<Result<Rows>> Database::execute(const Statement& statement, Parameters parameters, const Span& parent) {
  const std::string name = std::string(statement.operation) + " " + std::string(statement.collection);
  Span span = parent.child(name, SpanKind::client);
  describe(span, statement, settings_);
  const Deadline deadline(kStatementPatience);
  const std::string sql(statement.sql);
  auto rows = co_await attempt(sql, parameters, deadline);
  if (!rows && may_repeat(rows.error(), sql)) rows = co_await attempt(sql, std::move(parameters), deadline);
  if (!rows) {
    const Error& error = rows.error();
    span.set("error.type", error.sqlstate.empty() ? std::string("connection") : error.sqlstate);
    if (!error.sqlstate.empty()) span.set("db.response.status_code", error.sqlstate);
    span.fail(error.message);
  }
  co_return rows;
}

Task<Result<void>> Database::ping() {
  const Deadline deadline(kConnectionPatience);
  auto rows = co_await attempt("SELECT 1", {}, deadline);
  if (!rows && may_repeat(rows.error(), "SELECT")) rows = co_await attempt("SELECT 1", {}, deadline);
  if (!rows) co_return std::unexpected(rows.error());
  co_return Result<void>();
}

Task<Result<void>> Database::migrate(std::string_view script) {
  const Deadline deadline(kStatementPatience);
  auto lease = co_await this->lease(deadline);
  if (!lease) co_return std::unexpected(lease.error());
  std::unique_ptr<Connection>& connection = lease->connection();
  // The number is arbitrary but the same in every service: CREATE … IF NOT EXISTS is not safe against itself.
  std::string transaction = "SELECT pg_advisory_xact_lock(7317400);\n" + std::string(script);
  auto done = co_await connection->execute_script(std::move(transaction), deadline);
  if (!connection->usable()) connection.reset();
  co_return done;
}

void Database::add_metrics(Metrics& metrics) const {
  const auto value = [](std::size_t count) { return static_cast<double>(count); };
  metrics.add("db_pool_connections", "Connections to PostgreSQL.", Metrics::Type::gauge,
              {{"state=\"idle\"", [this, value] { return value(pool_.idle()); }},
               {"state=\"used\"", [this, value] { return value(pool_.leased()); }}});
  metrics.add("db_pool_connections_max", "The most connections the pool opens.", Metrics::Type::gauge,
              {{"", [value] { return value(kConnections); }}});
  metrics.add("db_pool_waiting", "Requests waiting for a connection.", Metrics::Type::gauge,
              {{"", [this, value] { return value(pool_.waiting()); }}});
}

}  // namespace saasctl::services::postgres
