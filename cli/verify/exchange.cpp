#include "verify/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>

#include "declare/json_pointer.hpp"
#include "util/json_text.hpp"
#include "util/regex.hpp"
#include "util/text.hpp"
#include "verify/compare.hpp"
#include "verify/redactor.hpp"

namespace saasctl::verify {
namespace {

using namespace std::chrono_literals;
using declare::Json;

constexpr std::size_t shown_bytes = 400;

bool has_header(const http::Headers& headers, std::string_view name) {
  return std::ranges::any_of(headers, [&](const auto& header) { return to_lower(header.first) == to_lower(name); });
}

// Adds what does not hold of one value; `subject` says which value it is.
void add_mismatches(std::vector<Finding>& findings, const std::string& subject, const stack::Expectation& expectation,
                    const yaml::Position& at, const Json* value, Origin origin) {
  const bool hidden = stack::is_sensitive(subject);
  for (auto& mismatch : compare(expectation, value, origin)) {
    if (hidden && value) mismatch.got = mask;
    findings.push_back({subject + ": " + mismatch.expected, std::move(mismatch.got), place(at)});
  }
}

std::string not_json(const std::string& body, const Error& reason) {
  if (body.empty()) return "an empty body";
  return fmt::format("not JSON ({}): \"{}\"", reason.message, shortened(body, shown_bytes));
}

void judge_json(const stack::Expect& expect, const http::Response& response, std::vector<Finding>& findings) {
  if (expect.json.empty()) return;
  const auto document = parse_ordered_json(response.body);
  if (!document) {
    findings.push_back({"a body of JSON", not_json(response.body, document.error()), place(expect.where("json"))});
    return;
  }
  for (const auto& entry : expect.json) {
    add_mismatches(findings, entry.name.empty() ? "the JSON" : entry.name, entry.value, entry.at,
                   stack::find_value(*document, entry.name), Origin::json);
  }
}

void judge_status(const stack::VerifyStep& check, const http::Response& response, std::vector<Finding>& findings) {
  const auto* status = check.expect && check.expect->status ? &*check.expect->status : nullptr;
  if (status ? status->accepts(response.status) : response.status / 100 == 2) return;
  const auto expected = status ? join(status->allowed, " or ") : std::string("2xx");
  findings.push_back({"status " + expected, fmt::format("status {}", response.status),
                      place(status ? status->at : check.where("http"))});
}

// What a search came to: a value, or why there is none.
using Found = std::expected<Json, std::string>;

Found search(const std::string& text, const std::string& expression) {
  const auto regex = Regex::compile(expression);
  if (!regex) return std::unexpected("an expression that cannot be used: " + regex.error().reason);
  auto found = regex->find_in_lines(text);
  if (!found) return std::unexpected(found.error().message);
  if (!*found) return std::unexpected("nothing");
  return Json(std::move(**found));
}

Finding missing(const declare::Named<stack::Capture>& capture, const std::string& source, std::string got) {
  return {fmt::format("{} to capture as {{{{{}}}}}", source, capture.name), std::move(got), place(capture.at)};
}

std::string body_excerpt(const std::string& body) {
  if (const auto document = parse_ordered_json(body); document && document->is_structured()) {
    return show(*document, shown_bytes);
  }
  return shortened(body, shown_bytes);
}

std::string milliseconds(std::chrono::nanoseconds duration) {
  return fmt::format("{} ms", std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

std::string place(const yaml::Position& position) {
  return position ? fmt::format("{}:{}", position.source->path().filename().string(), position.line) : std::string();
}

http::Request make_request(const stack::Http& http, const std::string& url, const std::string& trace_id,
                           const std::string& span_id) {
  http::Request request;
  request.method = stack::request_line(http).value().first;
  request.url = url;
  for (const auto& header : http.headers) request.headers.emplace_back(header.name, header.value);
  if (http.bearer) request.headers.emplace_back("Authorization", "Bearer " + *http.bearer);
  if (http.json) {
    request.body = http.json->dump(-1, ' ', false, Json::error_handler_t::replace);
    if (!has_header(request.headers, "Content-Type")) request.headers.emplace_back("Content-Type", "application/json");
  } else if (http.body) {
    request.body = *http.body;
  }
  if (!has_header(request.headers, "traceparent")) {
    request.headers.emplace_back("traceparent", fmt::format("00-{}-{}-01", trace_id, span_id));
  }
  request.timeout = http.timeout ? std::chrono::ceil<std::chrono::milliseconds>(http.timeout->value) : 10s;
  request.max_body = std::size_t{8} << 20;
  return request;
}

std::vector<Finding> judge_answer(const stack::VerifyStep& check, const http::Response& response) {
  std::vector<Finding> findings;
  judge_status(check, response, findings);
  if (!check.expect) return findings;
  const auto& expect = *check.expect;
  for (const auto& entry : expect.headers) {
    const auto found = response.header(entry.name);
    const auto value = found ? Json(std::string(*found)) : Json();
    add_mismatches(findings, "header " + entry.name, entry.value, entry.at, found ? &value : nullptr, Origin::text);
  }
  judge_json(expect, response, findings);
  if (expect.body) {
    const Json body = response.body;
    const auto before = findings.size();
    add_mismatches(findings, "body", *expect.body, expect.where("body"), &body, Origin::text);
    for (auto i = before; i < findings.size(); ++i) findings[i].got = "\"" + body_excerpt(response.body) + "\"";
  }
  return findings;
}

Captured capture_answer(const stack::VerifyStep& check, const http::Response& response,
                        std::vector<Finding>& findings) {
  Captured captured;
  const auto document = parse_ordered_json(response.body);
  for (const auto& capture : check.capture) {
    Found value = std::unexpected("nothing");
    std::string source;
    if (capture.value.json) {
      source = *capture.value.json;
      const auto* found = document ? stack::find_value(*document, *capture.value.json) : nullptr;
      if (found) value = *found;
      if (!document) value = std::unexpected(fmt::format("a body that is not JSON ({})", document.error().message));
    } else if (capture.value.header) {
      source = "header " + *capture.value.header;
      if (const auto found = response.header(*capture.value.header)) value = std::string(*found);
    } else if (capture.value.matches) {
      source = "a match of /" + *capture.value.matches + "/ in the body";
      value = search(response.body, *capture.value.matches);
    }
    if (value) {
      captured.emplace_back(capture.name, std::move(*value));
    } else {
      findings.push_back(missing(capture, source, value.error()));
    }
  }
  return captured;
}

std::vector<Finding> judge_command(const stack::VerifyStep& check, const engine::ExecResult& result) {
  std::vector<Finding> findings;
  const auto* expect = check.expect ? &*check.expect : nullptr;
  const auto wanted = expect && expect->exit_code ? expect->exit_code->value : 0;
  if (result.exit_code != wanted) {
    findings.push_back({fmt::format("exit code {}", wanted), fmt::format("exit code {}", result.exit_code),
                        place(expect && expect->exit_code ? expect->where("exit_code") : check.where("exec"))});
  }
  if (!expect) return findings;
  if (expect->standard_output) {
    const Json text = result.standard_output;
    add_mismatches(findings, "stdout", *expect->standard_output, expect->where("stdout"), &text, Origin::text);
  }
  if (expect->standard_error) {
    const Json text = result.standard_error;
    add_mismatches(findings, "stderr", *expect->standard_error, expect->where("stderr"), &text, Origin::text);
  }
  return findings;
}

Captured capture_command(const stack::VerifyStep& check, const engine::ExecResult& result,
                         std::vector<Finding>& findings) {
  Captured captured;
  for (const auto& capture : check.capture) {
    auto found = capture.value.matches ? search(result.standard_output, *capture.value.matches)
                                       : Found(std::unexpected("nothing"));
    if (found) {
      captured.emplace_back(capture.name, std::move(*found));
    } else {
      findings.push_back(missing(capture, "a match in standard output", found.error()));
    }
  }
  return captured;
}

std::vector<std::string> exchange_details(const http::Request& request, const http::Response& response) {
  std::vector<std::string> details = {fmt::format("{} {}: status {} after {}", request.method, request.url,
                                                  response.status, milliseconds(response.duration))};
  if (!response.body.empty()) details.push_back("answer: " + body_excerpt(response.body));
  return details;
}

std::vector<std::string> command_details(const stack::Exec& exec, const engine::ExecResult& result) {
  std::vector<std::string> details = {fmt::format("in {}: {}: exit code {}", exec.service ? exec.service->text : "",
                                                  join(exec.command, " "), result.exit_code)};
  if (!result.standard_output.empty()) details.push_back("stdout: " + body_excerpt(result.standard_output));
  if (!result.standard_error.empty()) details.push_back("stderr: " + body_excerpt(result.standard_error));
  return details;
}

}  // namespace saasctl::verify
