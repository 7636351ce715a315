// The service's database: a bounded pool of connections that heals by itself, and spans for its statements.
// Belongs to the event loop's thread.
#pragma once

#include <string>
#include <string_view>

#include "common/core/metrics.hpp"
#include "common/core/span.hpp"
#include "common/runtime/pool.hpp"
#include "common/runtime/postgres.hpp"

namespace saasctl::services::postgres {

// A statement known when the program was built, with what its span says of it. Views of literals.
struct Statement {
  std::string_view name;        // "insert_user"
  std::string_view operation;   // "INSERT"
  std::string_view collection;  // "auth.users"
  std::string_view sql;
};

class Database {
 public:
  // `settings` must outlive this object.
  Database(const DatabaseSettings& settings, std::string application);

  // Waits at most 2 s for a connection and 6 s for all of it. A statement is repeated, once, only when it is certain
  // that it had no effect: the connection was lost and either the server said that it was shutting down or the
  // statement only reads. The span is `parent`'s child (OpenTelemetry semantic conventions, "Database client spans").
  [[nodiscard]] Task<Result<Rows>> execute(const Statement& statement, Parameters parameters, const Span& parent);

  // Asks the server for an answer, with no span.
  [[nodiscard]] Task<Result<void>> ping();

  // Runs the script in one transaction that excludes all other services' scripts (pg_advisory_xact_lock).
  [[nodiscard]] Task<Result<void>> migrate(std::string_view script);

  void add_metrics(Metrics& metrics) const;

 private:
  using Pool = BoundedPool<Connection>;

  Task<Result<Rows>> attempt(std::string sql, Parameters parameters, Deadline deadline);
  Task<Result<Pool::Lease>> lease(Deadline deadline);

  const DatabaseSettings& settings_;
  std::string application_;
  Pool pool_;
};

}  // namespace saasctl::services::postgres
