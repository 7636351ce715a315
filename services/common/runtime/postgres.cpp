#include "common/runtime/postgres.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>

#include "common/runtime/resolver.hpp"

namespace saasctl::services::postgres {

namespace {

using asio::posix::stream_descriptor;

std::string trimmed(const char* message) {
  std::string text = message == nullptr ? "" : message;
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

Error timed_out(std::string_view what) {
  return {Error::Kind::timed_out, "", std::string(what) + " took too long"};
}

// Begins connecting. libpq would look names up in a blocking call, so it is given the address.
PGconn* start_connecting(const DatabaseSettings& settings, const std::string& application, const std::string& address) {
  const std::string port = std::to_string(settings.port);
  const std::string password(settings.password.reveal());
  const std::array keywords = {"host",
                               "hostaddr",
                               "port",
                               "dbname",
                               "user",
                               "password",
                               "application_name",
                               "sslmode",
                               "sslrootcert",
                               "gssencmode",
                               "options",
                               static_cast<const char*>(nullptr)};
  const std::array values = {settings.host.c_str(),
                             address.c_str(),
                             port.c_str(),
                             settings.name.c_str(),
                             settings.user.c_str(),
                             password.c_str(),
                             application.c_str(),
                             settings.sslmode.c_str(),
                             "/etc/ssl/certs/ca-certificates.crt",
                             "disable",
                             "-c statement_timeout=5000 -c idle_in_transaction_session_timeout=10000 -c TimeZone=UTC",
                             static_cast<const char*>(nullptr)};
  return PQconnectStartParams(keywords.data(), values.data(), 0);
}

Error refused(const PGresult* result) {
  const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  return {Error::Kind::refused, sqlstate == nullptr ? "" : sqlstate,
          trimmed(primary == nullptr ? PQresultErrorMessage(result) : primary)};
}

}  // namespace

std::optional<std::string_view> Rows::at(int row, int column) const {
  if (PQgetisnull(result_.get(), row, column) != 0) return std::nullopt;
  return std::string_view(PQgetvalue(result_.get(), row, column),
                          static_cast<std::size_t>(PQgetlength(result_.get(), row, column)));
}

Task<Result<Connection::Handle>> Connection::connect(const DatabaseSettings& settings, std::string application,
                                                     Deadline deadline) {
  const auto addresses = co_await resolve(settings.host, deadline);
  if (!addresses) co_return std::unexpected(Error{Error::Kind::unavailable, "", addresses.error()});
  Handle handle(start_connecting(settings, application, addresses->front().to_string()), &PQfinish);
  if (!handle) throw std::bad_alloc();
  const auto executor = co_await asio::this_coro::executor;
  for (auto step = PGRES_POLLING_WRITING; step != PGRES_POLLING_OK; step = PQconnectPoll(handle.get())) {
    if (step == PGRES_POLLING_FAILED || PQstatus(handle.get()) == CONNECTION_BAD) {
      co_return std::unexpected(Error{Error::Kind::unavailable, "", trimmed(PQerrorMessage(handle.get()))});
    }
    // A copy: libpq may close the socket and open another between two steps.
    stream_descriptor socket(executor, ::dup(PQsocket(handle.get())));
    const auto direction = step == PGRES_POLLING_READING ? stream_descriptor::wait_read : stream_descriptor::wait_write;
    const auto [error] = co_await socket.async_wait(direction, until(deadline));
    if (error) co_return std::unexpected(timed_out("connecting to " + settings.host));
  }
  co_return handle;
}

Task<Result<std::unique_ptr<Connection>>> Connection::open(const DatabaseSettings& settings, std::string application,
                                                           Deadline deadline) {
  auto handle = co_await connect(settings, std::move(application), deadline);
  if (!handle) co_return std::unexpected(handle.error());
  PQsetnonblocking(handle->get(), 1);
  const auto executor = co_await asio::this_coro::executor;
  co_return std::make_unique<Connection>(std::move(*handle), executor);
}

Connection::Connection(Handle handle, const asio::any_io_executor& executor)
    : handle_(std::move(handle)), descriptor_(executor, PQsocket(handle_.get())) {}

Connection::~Connection() {
  descriptor_.release();
}

Error Connection::broken() {
  usable_ = false;
  return {Error::Kind::unavailable, "", trimmed(PQerrorMessage(handle_.get()))};
}

Task<Result<void>> Connection::wait(WaitType type, Deadline deadline) {
  const auto [error] = co_await descriptor_.async_wait(type, until(deadline));
  if (!error) co_return Result<void>();
  usable_ = false;
  if (error == asio::error::operation_aborted) co_return std::unexpected(timed_out("a query"));
  co_return std::unexpected(Error{Error::Kind::unavailable, "", error.message()});
}

Task<Result<Rows>> Connection::collect(Deadline deadline) {
  for (int pending = PQflush(handle_.get()); pending != 0; pending = PQflush(handle_.get())) {
    if (pending < 0) co_return std::unexpected(broken());
    const auto writable = co_await wait(stream_descriptor::wait_write, deadline);
    if (!writable) co_return std::unexpected(writable.error());
  }
  std::optional<Rows> last;
  std::optional<Error> refusal;
  for (;;) {
    while (PQisBusy(handle_.get()) != 0) {
      const auto readable = co_await wait(stream_descriptor::wait_read, deadline);
      if (!readable) co_return std::unexpected(readable.error());
      if (PQconsumeInput(handle_.get()) == 0) co_return std::unexpected(broken());
    }
    PGresult* result = PQgetResult(handle_.get());
    if (result == nullptr) break;
    last.emplace(result);
    const ExecStatusType status = PQresultStatus(result);
    const bool fine = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
    if (!fine && !refusal) refusal = refused(result);
  }
  if (PQstatus(handle_.get()) != CONNECTION_OK) {
    Error error = broken();
    if (refusal) error.sqlstate = refusal->sqlstate;
    co_return std::unexpected(error);
  }
  if (refusal) co_return std::unexpected(*refusal);
  if (!last) co_return std::unexpected(broken());
  co_return std::move(*last);
}

Task<Result<Rows>> Connection::execute(std::string sql, Parameters parameters, Deadline deadline) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const Parameter& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  const int sent = PQsendQueryParams(handle_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                                     values.data(), nullptr, nullptr, 0);
  if (sent == 0) co_return std::unexpected(broken());
  co_return co_await collect(deadline);
}

Task<Result<void>> Connection::execute_script(std::string sql, Deadline deadline) {
  if (PQsendQuery(handle_.get(), sql.c_str()) == 0) co_return std::unexpected(broken());
  const auto rows = co_await collect(deadline);
  if (!rows) co_return std::unexpected(rows.error());
  co_return Result<void>();
}

bool Connection::is_stale() const {
  pollfd socket{PQsocket(handle_.get()), POLLIN, 0};
  return ::poll(&socket, 1, 0) != 0;
}

}  // namespace saasctl::services::postgres
