// One request and one answer over an open stream, shared by the plain and the TLS client. Only their two source files
// include this: it pulls in Boost.Beast.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "common/runtime/http_client.hpp"

namespace saasctl::services {

struct Exchanged {
  Answer answer;
  bool keep_alive = false;
};

struct ExchangeError {
  CallError error;
  bool before_answer = false;  // the peer closed without a byte of an answer
};

inline CallError call_error(const Call& call, const boost::system::error_code& error) {
  const bool late = error == asio::error::operation_aborted;
  return {late ? CallError::Kind::timed_out : CallError::Kind::unreachable,
          call.url.authority() + ": " +
              (late ? "no answer in " + std::to_string(call.timeout.count()) + " ms" : error.message())};
}

template <class Stream>
Task<std::expected<Exchanged, ExchangeError>> exchange(Stream& stream, const Call& call, Deadline deadline) {
  namespace http = boost::beast::http;
  http::request<http::string_body> request;
  request.method_string(call.method);
  request.target(call.url.path);
  request.version(11);
  request.set(http::field::host, call.url.authority());
  for (const Header& header : call.headers) request.set(header.name, header.value);
  request.body() = call.body;
  request.prepare_payload();
  const auto [unsent, written] = co_await http::async_write(stream, request, until(deadline));
  if (unsent)
    co_return std::unexpected(ExchangeError{call_error(call, unsent), unsent != asio::error::operation_aborted});

  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(call.largest_answer);
  const auto [unread, read] = co_await http::async_read(stream, buffer, parser, until(deadline));
  if (unread) {
    const bool silent = !parser.got_some() && unread != asio::error::operation_aborted;
    co_return std::unexpected(ExchangeError{call_error(call, unread), silent});
  }
  Exchanged done{{static_cast<int>(parser.get().result_int()), {}}, parser.get().keep_alive()};
  done.answer.body = std::move(parser.get().body());
  co_return done;
}

}  // namespace saasctl::services
