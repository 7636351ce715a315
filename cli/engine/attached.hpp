// Bytes between descriptors of ours and a program inside a container.
// Source: Docker Engine API 1.41, POST /containers/{id}/attach ("Hijacking") and POST /exec/{id}/start.
#pragma once

#include <functional>
#include <stop_token>
#include <string_view>

#include "engine/client.hpp"
#include "util/http_upgrade.hpp"
#include "util/result.hpp"

namespace saasctl::engine {

// The descriptors stay the caller's.
struct AttachedStreams {
  int input = -1;  // read to its end, which the program then sees; -1: none
  int output = -1;
  int error = -1;
  bool tty = false;       // the program has a terminal: everything it writes goes to `output`
  int size_changes = -1;  // readable when our own terminal has changed its size; what it has is read and dropped
  std::function<bool()> resize = {};  // tells the engine the size, at first and then; false: ask again in a moment
};

// Carries bytes both ways until the program's side ends. Input that the program does not take any more is not an error.
// Errors: failed (the connection or one of our outputs broke), interrupted.
Result<void> carry_streams(http::Upgraded& connection, const AttachedStreams& streams, std::stop_token stop);

// The streams of a container's own program, to be taken before it is started: raw with a terminal, else as
// Demultiplexer reads them. Errors of Client::send.
Result<http::Upgraded> attach_container(const Client& client, std::string_view container, bool input,
                                        std::stop_token stop);

// The size of its terminal. conflict: it does not run.
Result<void> resize_container(const Client& client, std::string_view container, unsigned rows, unsigned columns,
                              std::stop_token stop);

}  // namespace saasctl::engine
