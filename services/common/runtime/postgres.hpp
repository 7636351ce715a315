// One connection to PostgreSQL: libpq's asynchronous calls (PostgreSQL 17 documentation, chapter 32) driven by the
// event loop. Belongs to the event loop's thread.
#pragma once

#include <libpq-fe.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/service_settings.hpp"
#include "common/runtime/asio.hpp"

namespace saasctl::services::postgres {

struct Error {
  enum class Kind {
    unavailable,  // no connection, none free, or it broke
    timed_out,
    refused,  // the server understood and said no: see sqlstate
  };
  Kind kind = Kind::unavailable;
  std::string sqlstate;  // PostgreSQL's appendix A; empty when the server said nothing
  std::string message;   // for logs: may hold names of columns, never values of parameters

  [[nodiscard]] bool is_unique_violation() const { return sqlstate == "23505"; }
};

template <class T>
using Result = std::expected<T, Error>;

// nullopt is SQL's NULL. Values travel as text.
using Parameter = std::optional<std::string>;
using Parameters = std::vector<Parameter>;

// The rows of one answer.
class Rows {
 public:
  explicit Rows(PGresult* result) : result_(result, &PQclear) {}
  [[nodiscard]] int size() const { return PQntuples(result_.get()); }
  // nullopt for NULL; the view lives as long as these rows.
  [[nodiscard]] std::optional<std::string_view> at(int row, int column) const;

 private:
  std::unique_ptr<PGresult, void (*)(PGresult*)> result_;
};

class Connection {
 public:
  [[nodiscard]] static Task<Result<std::unique_ptr<Connection>>> open(const DatabaseSettings& settings,
                                                                      std::string application, Deadline deadline);
  using Handle = std::unique_ptr<PGconn, void (*)(PGconn*)>;
  // Of a handle that is connected and does not block, as open() makes it.
  Connection(Handle handle, const asio::any_io_executor& executor);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // One statement with $1, $2, … for the parameters.
  [[nodiscard]] Task<Result<Rows>> execute(std::string sql, Parameters parameters, Deadline deadline);

  // Several statements without parameters, all or nothing: without BEGIN of its own the server runs them as one
  // transaction (PostgreSQL 17 documentation, section 53.2.2.1).
  [[nodiscard]] Task<Result<void>> execute_script(std::string sql, Deadline deadline);

  // False after a break or a timeout: throw it away.
  [[nodiscard]] bool usable() const { return usable_ && PQstatus(handle_.get()) == CONNECTION_OK; }
  // Between statements the server has nothing to say: something to read means it said goodbye.
  [[nodiscard]] bool is_stale() const;

 private:
  using WaitType = asio::posix::stream_descriptor::wait_type;

  static Task<Result<Handle>> connect(const DatabaseSettings& settings, std::string application, Deadline deadline);
  Task<Result<Rows>> collect(Deadline deadline);
  Task<Result<void>> wait(WaitType type, Deadline deadline);
  Error broken();

  Handle handle_;
  asio::posix::stream_descriptor descriptor_;  // borrows libpq's socket
  bool usable_ = true;
};

}  // namespace saasctl::services::postgres
