// A world for verification plans in which everything is a function of the test.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "stack/stack.hpp"
#include "verify/run.hpp"
#include "verify/verify_deps.hpp"

namespace saasctl::test {

class FakeClock : public verify::Clock {
 public:
  std::chrono::steady_clock::time_point now() override { return now_; }
  std::chrono::system_clock::time_point date() override { return std::chrono::system_clock::time_point(); }
  void wait(std::chrono::nanoseconds duration, std::stop_token) override {
    now_ += duration;
    if (on_wait) on_wait();
  }
  std::function<void()> on_wait = {};

 private:
  std::chrono::steady_clock::time_point now_{};
};

class FakeServices : public verify::Services {
 public:
  std::map<std::string, verify::ServiceState> states;
  std::map<std::string, std::map<std::string, std::string>> environments;
  std::function<Result<engine::ExecResult>(const std::vector<std::string>&)> on_exec;
  std::function<Result<void>(const std::string&)> on_recreate;

  Result<verify::ServiceState> state(std::string_view service, std::stop_token) override {
    const auto found = states.find(std::string(service));
    if (found == states.end()) return failure(ErrorKind::not_found, "no container of " + std::string(service));
    return found->second;
  }
  Result<verify::Address> address(std::string_view service, std::optional<int> port, std::stop_token) override {
    const auto found = states.find(std::string(service));
    if (found == states.end() || found->second.status != "running") {
      return failure(ErrorKind::not_found, "service " + std::string(service) + " does not run");
    }
    return verify::Address{std::string(service) + ".test", port.value_or(80)};
  }
  Result<engine::ExecResult> exec(std::string_view, const std::vector<std::string>& command, std::chrono::milliseconds,
                                  std::stop_token) override {
    return on_exec(command);
  }
  Result<std::map<std::string, std::string>> variables(std::string_view service, const std::vector<std::string>& names,
                                                       std::stop_token) override {
    std::map<std::string, std::string> chosen;
    for (const auto& name : names) {
      const auto& environment = environments[std::string(service)];
      if (const auto found = environment.find(name); found != environment.end()) chosen.insert(*found);
    }
    return chosen;
  }
  Result<void> recreate(std::string_view service, std::stop_token) override {
    return on_recreate(std::string(service));
  }
};

class FakeWeb : public verify::HttpSender {
 public:
  std::vector<http::Request> requests;
  std::function<Result<http::Response>(const http::Request&)> on_send;

  Result<http::Response> send(const http::Request& request, std::stop_token) override {
    requests.push_back(request);
    return on_send(request);
  }
};

inline Result<http::Response> answer(int status, std::string body, http::Headers headers = {}) {
  return http::Response{status, std::move(headers), std::move(body), std::chrono::milliseconds(3)};
}

// A plan with its stack, read as `saasctl verify` reads it.
struct Plan {
  std::optional<stack::Document> document;
  yaml::Diagnostics diagnostics;

  explicit Plan(const std::string& text) {
    document = stack::parse_stack(
        "stack.yaml", text, [](std::string_view) { return std::nullopt; }, declare::Mode::resolve, diagnostics);
    if (document) stack::validate_plan(document->stack, diagnostics);
  }
  std::string errors() const { return diagnostics.text(); }
};

inline std::string header(const http::Request& request, const std::string& name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return {};
}

// A run of one plan against fakes; services listed in the plan run and are healthy unless the test says otherwise.
struct Trial {
  FakeServices services;
  FakeWeb web;
  FakeClock clock;
  std::uint64_t randomness = 0;
  std::stop_source stop;
  std::vector<std::string> heard;

  verify::Report run(const Plan& plan) {
    for (const auto& service : plan.document->stack.services) {
      services.states.try_emplace(service.name,
                                  verify::ServiceState{"saas-" + service.name + "-1", "running", "healthy"});
    }
    verify::VerifyDeps world{services, web, clock, [this] { return ++randomness * 0x9e3779b97f4a7c15U; }};
    return verify::run(
        plan.document->stack, "saas", world, [this](const verify::StepResult& step) { heard.push_back(step.name); },
        stop.get_token());
  }
};

// The services that the plans of these tests speak of, in front of `verify:`.
inline std::string with_services(const std::string& plan) {
  return R"(services:
  auth-service: {image: a, ports: ["3001:3001"]}
  chat-service: {image: a, ports: ["3002:3002"]}
  billing-service: {image: a, ports: ["3003:3003"]}
  postgres: {image: a}
  jaeger: {image: a, ports: ["16686:16686", "4318:4318"]}
  prometheus: {image: a, ports: ["9090:9090"]}
verify:
)" + plan;
}

}  // namespace saasctl::test
