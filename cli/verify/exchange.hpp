// What an http or exec step sends, and what it thinks of the answer. Pure.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "engine/exec.hpp"
#include "stack/verify.hpp"
#include "util/http.hpp"
#include "verify/report.hpp"

namespace saasctl::verify {

// "stack.yaml:120", or "" for a place in no file.
std::string place(const yaml::Position& position);

// The request of a step whose names are filled in, to be sent to `url`. A traceparent of the trace id (sampled, with
// `span_id` as the parent) is added unless the user wrote one.
// Source: W3C Trace Context 1, section 3.2.
http::Request make_request(const stack::Http& http, const std::string& url, const std::string& trace_id,
                           const std::string& span_id);

using Captured = std::vector<std::pair<std::string, declare::Json>>;

// What does not hold of an answer. Without an expected status, 2xx is.
std::vector<Finding> judge_answer(const stack::VerifyStep& check, const http::Response& response);

// The values to capture; what is not there is added to `findings`.
Captured capture_answer(const stack::VerifyStep& check, const http::Response& response, std::vector<Finding>& findings);

// Likewise for the end of a command. Without an expected exit code, 0 is.
std::vector<Finding> judge_command(const stack::VerifyStep& check, const engine::ExecResult& result);
Captured capture_command(const stack::VerifyStep& check, const engine::ExecResult& result,
                         std::vector<Finding>& findings);

// The exchange in two or three lines, with sensitive members of a JSON answer hidden.
std::vector<std::string> exchange_details(const http::Request& request, const http::Response& response);
std::vector<std::string> command_details(const stack::Exec& exec, const engine::ExecResult& result);

}  // namespace saasctl::verify
