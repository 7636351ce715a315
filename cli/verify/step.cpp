#include "verify/step.hpp"

#include <fmt/format.h>

#include "util/text.hpp"
#include "verify/compare.hpp"

namespace saasctl::verify {

StepOutcome error_outcome(const Error& error) {
  StepOutcome outcome{Status::error};
  outcome.message = error.message;
  if (!error.hint.empty()) outcome.hints.push_back(error.hint);
  outcome.final = error.kind == ErrorKind::no_engine || error.kind == ErrorKind::interrupted;
  return outcome;
}

StepOutcome unfit_outcome(const std::vector<std::string>& sentences) {
  auto outcome = error_outcome(
      {ErrorKind::failed, join(sentences, "; "), "look at what the step that gives the value has captured or set"});
  outcome.final = true;
  return outcome;
}

StepOutcome judged(std::vector<Finding> findings, std::vector<std::string> details) {
  StepOutcome outcome{findings.empty() ? Status::passed : Status::failed};
  outcome.findings = std::move(findings);
  outcome.details = std::move(details);
  return outcome;
}

std::chrono::nanoseconds timeout_or(const std::optional<declare::Duration>& within,
                                    std::chrono::nanoseconds otherwise) {
  return within ? within->value : otherwise;
}

Result<std::string> locate(StepContext& around, const stack::Target& target) {
  if (!target.url.empty()) return target.url;
  const auto address = around.world.services.address(target.service, target.port, around.stop);
  if (!address) return std::unexpected(address.error());
  return fmt::format("http://{}:{}{}", http::url_host(address->host), address->port, target.path);
}

Result<std::string> locate_tool(StepContext& around, const std::optional<stack::Target>& from,
                                const std::string& service, int port) {
  stack::Target target;
  if (from) {
    target = *from;
  } else {
    target.service = service;
    target.port = port;
  }
  auto url = locate(around, target);
  while (url && url->ends_with('/')) url->pop_back();
  return url;
}

Result<std::string> fetch(StepContext& around, const std::string& url) {
  http::Request request;
  request.url = url;
  request.timeout = std::chrono::seconds(10);
  auto response = around.world.web.send(request, around.stop);
  if (!response) return std::unexpected(response.error());
  if (response->status == 200) return std::move(response->body);
  const auto kind = response->status == 404 ? ErrorKind::not_found : ErrorKind::failed;
  return failure(kind, fmt::format("GET {} answered {}: {}", url, response->status, shortened(response->body, 200)));
}

}  // namespace saasctl::verify
