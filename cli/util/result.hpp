// What a call that may fail returns, and what its failure says to the user.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace saasctl {

// Why something failed, as far as the caller must tell apart. The exit code of the tool follows from it.
enum class ErrorKind {
  failed,       // the work itself went wrong (exit code 1)
  usage,        // bad command line or stack file (2)
  verify,       // verify ran and found failures (3)
  drift,        // files on disk differ from what would be rendered (4)
  no_engine,    // no Docker Engine answers (5)
  interrupted,  // the caller's stop token was set, by a signal as a rule (130 or 143)
  timeout,      // a deadline passed (1)
  not_found,    // the named object does not exist (1)
  conflict,     // the name or port is taken, or the state forbids it (1)
};

// A failure in the user's terms. `message` says what happened and where; `hint` what to do next (may be empty).
struct Error {
  ErrorKind kind = ErrorKind::failed;
  std::string message;
  std::string hint = {};
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> failure(ErrorKind kind, std::string message, std::string hint = {}) {
  return std::unexpected(Error{kind, std::move(message), std::move(hint)});
}

inline std::unexpected<Error> failure(std::string message, std::string hint = {}) {
  return failure(ErrorKind::failed, std::move(message), std::move(hint));
}

}  // namespace saasctl
