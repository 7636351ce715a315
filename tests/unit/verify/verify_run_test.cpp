// Whole plans against a world made of fakes.
#include <algorithm>

#include "catch.hpp"
#include "verify_fakes.hpp"

namespace saasctl::verify_run_test {

using namespace saasctl::verify;
using test::answer;
using test::Plan;
using test::Trial;
using test::with_services;

namespace {

Report run(Trial& trial, const std::string& steps) {
  const Plan plan(with_services(steps));
  INFO(plan.errors());
  REQUIRE(plan.diagnostics.empty());
  return trial.run(plan);
}

bool any_has(const std::vector<std::string>& texts, const std::string& part) {
  return std::ranges::any_of(texts, [&](const std::string& text) { return text.find(part) != std::string::npos; });
}

std::string trace_id_of(const http::Request& request) {
  return test::header(request, "traceparent").substr(3, 32);
}

std::string trace_of(const std::vector<std::string>& services) {
  std::string spans;
  std::string processes;
  for (const auto& service : services) {
    spans += std::string(spans.empty() ? "" : ",") + R"({"operationName":"op","processID":")" + service + "\"}";
    processes += (processes.empty() ? "\"" : ",\"") + service + R"(":{"serviceName":")" + service + "\"}";
  }
  return R"({"data":[{"spans":[)" + spans + R"(],"processes":{)" + processes + "}}]}";
}

}  // namespace

TEST_CASE("a journey: values are captured, sent on and never shown") {
  Trial trial;
  trial.web.on_send = [](const http::Request& request) {
    if (request.url == "http://auth-service.test:80/v1/register") {
      return answer(201, R"({"access_token": "s3cret-token", "user": {"id": 7}})");
    }
    const bool known = test::header(request, "Authorization") == "Bearer s3cret-token";
    return known ? answer(200, R"({"user": {"id": 8}, "echo": "s3cret-token"})") : answer(401, "{}");
  };
  const auto report = run(trial, R"(
  - set: {email: "u-{{random}}@example.test", password: "pw-{{random}}"}
  - name: A new user registers
    http: {post: auth-service/v1/register, json: {email: "{{email}}", password: "{{password}}"}}
    expect: {status: 201}
    capture: {token: /access_token, id: /user/id}
  - name: The user reads themselves
    http: {get: auth-service/v1/me, bearer: "{{token}}"}
    expect: {json: {/user/id: "{{id}}", /echo: nothing}}
)");
  REQUIRE(report.steps.size() == 3);
  CHECK(trial.heard ==
        std::vector<std::string>{"set email, password", "A new user registers", "The user reads themselves"});
  CHECK(report.steps[1].status == Status::passed);
  CHECK(report.steps[1].where == "stack.yaml:11");
  const auto& failed = report.steps[2];
  CHECK(failed.status == Status::failed);
  REQUIRE(failed.findings.size() == 2);
  CHECK(failed.findings[0].expected == "/user/id: 7");
  CHECK(failed.findings[0].got == "8");
  CHECK(failed.findings[1].got == "\"***\"");
  CHECK(any_has(failed.details, "\"echo\":\"***\""));
  CHECK(any_has(failed.hints, "saasctl logs auth-service"));
  CHECK_FALSE(report.passed());
  CHECK(report.count(Status::passed) == 2);
  const auto sent = declare::Json::parse(trial.web.requests[0].body);
  CHECK(sent["email"].get<std::string>().ends_with("@example.test"));
}

TEST_CASE("steps that need what a failed step should have given are skipped, the others run") {
  Trial trial;
  trial.web.on_send = [](const http::Request& request) {
    return request.method == "POST" ? answer(500, "{}") : answer(200, "{}");
  };
  const auto report = run(trial, R"(
  - name: A new user registers
    http: {post: auth-service/v1/register}
    capture: {token: /access_token}
  - name: The user reads themselves
    http: {get: auth-service/v1/me, bearer: "{{token}}"}
  - name: Plans are public
    http: billing-service/v1/plans
)");
  CHECK(report.steps[0].status == Status::failed);
  CHECK(report.steps[1].status == Status::skipped);
  CHECK(report.steps[1].message == "needs {{token}} of \"A new user registers\" (stack.yaml:10)");
  CHECK(report.steps[2].status == Status::passed);
  CHECK_FALSE(report.passed());
}

TEST_CASE("within tries again until the step passes, and gives up in time") {
  Trial trial;
  int calls = 0;
  trial.web.on_send = [&](const http::Request&) { return ++calls < 4 ? answer(503, "") : answer(200, ""); };
  auto report = run(trial, "  - {name: n, http: auth-service/, within: 5s}\n");
  CHECK(report.passed());
  CHECK(calls == 4);
  CHECK(trace_id_of(trial.web.requests[0]) != trace_id_of(trial.web.requests[1]));

  Trial hopeless;
  hopeless.web.on_send = [](const http::Request&) { return answer(503, "not yet"); };
  report = run(hopeless, "  - {name: n, http: auth-service/, within: 1s}\n");
  CHECK(report.steps[0].status == Status::failed);
  CHECK(hopeless.web.requests.size() == 6);
  CHECK(report.duration == std::chrono::seconds(1));
}

TEST_CASE("a check that could not run is an error, never passed") {
  Trial trial;
  trial.web.on_send = [](const http::Request&) -> Result<http::Response> { return failure("connection refused"); };
  trial.services.on_exec = [](const auto&) -> Result<engine::ExecResult> {
    return failure(ErrorKind::no_engine, "no engine answers at /run/x", "start it");
  };
  const auto report = run(trial, R"(
  - {name: a, http: auth-service/x}
  - {name: b, exec: {service: postgres, command: [x]}, within: 1h}
)");
  CHECK(report.steps[0].status == Status::error);
  CHECK(report.steps[0].message == "connection refused");
  CHECK(report.steps[1].status == Status::error);
  CHECK(report.steps[1].hints == std::vector<std::string>{"start it"});
  CHECK_FALSE(report.passed());
}

TEST_CASE("healthy waits, and names who is not") {
  Trial trial;
  trial.services.states["chat-service"] = {"c", "running", "starting", 0, "503 postgres"};
  trial.services.states["postgres"] = {"p", "running", std::nullopt};
  int waits = 0;
  trial.clock.on_wait = [&] {
    if (++waits == 3) trial.services.states["chat-service"].health = "healthy";
  };
  CHECK(run(trial, "  - {name: all, healthy: all}\n").passed());
  CHECK(waits == 3);

  Trial stuck;
  stuck.services.states["chat-service"] = {"c", "running", "unhealthy", 0, "503 postgres"};
  auto report = run(stuck, "  - {name: all, healthy: all, within: 2s}\n");
  REQUIRE(report.steps[0].findings.size() == 1);
  CHECK(report.steps[0].findings[0].expected == "chat-service healthy");
  CHECK(report.steps[0].findings[0].got == "unhealthy: 503 postgres");
  CHECK(report.duration == std::chrono::seconds(2));

  Trial dead;
  dead.services.states["jaeger"] = {"j", "exited", "unhealthy", 137};
  report = run(dead, "  - {name: all, healthy: [jaeger, postgres]}\n");
  REQUIRE(report.steps[0].findings.size() == 1);
  CHECK(report.steps[0].findings[0].got == "exited with code 137");
  CHECK(report.duration == std::chrono::seconds(0));
}

TEST_CASE("a trace is waited for, and its gaps are told with where to look") {
  const std::string step = R"(
  - name: A message crosses the services
    http: post chat-service/v1/messages
    trace: {services: [chat-service, auth-service, billing-service], within: 4s}
)";
  Trial trial;
  int looks = 0;
  std::string asked;
  trial.web.on_send = [&](const http::Request& request) {
    if (request.method == "POST") {
      asked = trace_id_of(request);
      return answer(201, "{}");
    }
    if (request.url != "http://jaeger.test:16686/api/traces/" + asked) return answer(500, "");
    if (++looks == 1) return answer(404, R"({"data": null})");
    if (looks == 2) return answer(200, trace_of({"chat-service"}));
    return answer(200, trace_of({"chat-service", "auth-service", "billing-service"}));
  };
  CHECK(run(trial, step).passed());
  CHECK(looks == 3);

  Trial poor;
  poor.services.environments["billing-service"] = {{"JAEGER_AGENT_HOST", "jaegr"},
                                                   {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://jaeger:4318"},
                                                   {"DATABASE_PASSWORD", "hidden"}};
  poor.web.on_send = [](const http::Request& request) {
    if (request.url.ends_with("/api/services")) return answer(200, R"({"data": ["chat-service", "auth-service"]})");
    return answer(200, trace_of({"chat-service", "auth-service"}));
  };
  const auto report = run(poor, step);
  const auto& failed = report.steps[0];
  CHECK(failed.status == Status::failed);
  REQUIRE(failed.findings.size() == 1);
  CHECK(failed.findings[0].expected == "a span of billing-service in the trace");
  CHECK(failed.findings[0].got == "chat-service: op; auth-service: op");
  CHECK(any_has(failed.hints, "the trace in Jaeger: http://jaeger.test:16686/trace/"));
  CHECK(any_has(failed.hints, "billing-service has never reported a span to this Jaeger"));
  CHECK(any_has(failed.hints,
                "UDP gives no delivery error: billing-service sends spans to JAEGER_AGENT_HOST=jaegr, "
                "which is not a name in this stack; did you mean 'jaeger'?"));
  CHECK(any_has(failed.hints, "OTEL_EXPORTER_OTLP_ENDPOINT=http://jaeger:4318, which is a name in this stack"));
  CHECK_FALSE(any_has(failed.hints, "hidden"));
}

TEST_CASE("a stopped Jaeger makes the trace step an error that names it, and later steps still run") {
  Trial trial;
  trial.services.states["jaeger"] = {"j", "exited", std::nullopt, 0};
  trial.web.on_send = [](const http::Request&) { return answer(200, R"({"id": 3})"); };
  const auto report = run(trial, R"(
  - name: traced
    http: post chat-service/v1/messages
    capture: {id: /id}
    trace: {services: chat-service}
  - name: later
    http: "chat-service/v1/messages/{{id}}"
)");
  CHECK(report.steps[0].status == Status::error);
  CHECK(report.steps[0].message == "the trace cannot be looked up: service jaeger does not run");
  CHECK(report.steps[1].status == Status::passed);
  CHECK_FALSE(report.passed());
}

TEST_CASE("a span sent by a command is found by the id the command was given") {
  const std::string step = R"(
  - name: A span sent over UDP arrives
    exec: {service: auth-service, command: [/app, --emit-span, "{{trace_id}}"]}
    trace: {services: [auth-service], within: 1s}
)";
  Trial trial;
  std::string sent;
  trial.services.on_exec = [&](const std::vector<std::string>& command) {
    sent = command.at(2);
    return engine::ExecResult{0, "", ""};
  };
  trial.web.on_send = [&](const http::Request& request) {
    return request.url.ends_with("/api/traces/" + sent) ? answer(200, trace_of({"auth-service"})) : answer(404, "");
  };
  CHECK(run(trial, step).passed());
  CHECK(sent.size() == 32);

  Trial lost;
  lost.services.environments["auth-service"] = {{"JAEGER_AGENT_HOST", "localhost"}};
  lost.services.on_exec = [](const auto&) { return engine::ExecResult{0, "", ""}; };
  lost.web.on_send = [](const http::Request&) { return answer(404, ""); };
  auto report = run(lost, step);
  CHECK(report.steps[0].status == Status::failed);
  CHECK(any_has(report.steps[0].hints, "JAEGER_AGENT_HOST=localhost, which is the container itself"));

  Trial refused;
  refused.services.environments["auth-service"] = {{"JAEGER_AGENT_HOST", "nowhere"}};
  refused.services.on_exec = [](const auto&) { return engine::ExecResult{1, "", "cannot resolve nowhere"}; };
  report = run(refused, step);
  CHECK(report.steps[0].status == Status::failed);
  CHECK(any_has(report.steps[0].details, "cannot resolve nowhere"));
  CHECK(any_has(report.steps[0].hints, "JAEGER_AGENT_HOST=nowhere, which is not a name in this stack"));
}

TEST_CASE("a counter is read after a fresh scrape, then a request, and must have grown") {
  const std::string step = R"(
  - name: The counter grows
    prometheus: {query: sum(requests), grows: true, by: billing-service/v1/plans}
    within: 10s
)";
  const auto number = [](double value) {
    return R"({"status":"success","data":{"resultType":"scalar","result":[0,")" + std::to_string(value) + "\"]}}";
  };
  const auto scraped = [](const std::string& time) {
    return R"({"status":"success","data":{"activeTargets":[{"labels":{"instance":"a"},"health":"up","lastScrape":")" +
           time + "\"}]}}";
  };
  Trial trial;
  int waits = 0;
  bool requested = false;
  trial.clock.on_wait = [&] { ++waits; };
  trial.web.on_send = [&](const http::Request& request) {
    if (request.url.find("query=time") != std::string::npos) return answer(200, number(100));
    if (request.url.find("/api/v1/targets") != std::string::npos) {
      return answer(200, scraped(waits < 2 ? "1970-01-01T00:01:39Z" : "1970-01-01T00:01:41Z"));
    }
    if (request.url == "http://billing-service.test:80/v1/plans") {
      requested = true;
      return answer(200, "{}");
    }
    // Earlier traffic shows up with the fresh scrape; it must not be taken for the request's.
    if (!requested) return answer(200, number(waits < 2 ? 5 : 7));
    return answer(200, number(waits < 6 ? 7 : 8));
  };
  auto report = run(trial, step);
  CHECK(report.passed());
  CHECK(any_has(report.steps[0].details, "sum(requests): 7 before, 8 after"));

  Trial still;
  still.web.on_send = [&](const http::Request& request) {
    if (request.url.find("/api/v1/targets") != std::string::npos) return answer(200, scraped("1970-01-01T00:01:41Z"));
    return answer(200, number(100));
  };
  report = run(still, step);
  CHECK(report.steps[0].status == Status::failed);
  REQUIRE(report.steps[0].findings.size() == 1);
  CHECK(report.steps[0].findings[0].expected == "sum(requests) greater than 100");
  CHECK(report.steps[0].findings[0].got == "100");
}

TEST_CASE("recreate waits for the new container's health") {
  Trial trial;
  trial.services.on_recreate = [&](const std::string& service) -> Result<void> {
    trial.services.states[service].health = "starting";
    return {};
  };
  trial.clock.on_wait = [&] { trial.services.states["postgres"].health = "healthy"; };
  CHECK(run(trial, "  - {name: anew, recreate: postgres}\n").passed());

  Trial refused;
  refused.services.on_recreate = [](const std::string&) -> Result<void> { return failure("cannot remove it"); };
  const auto report = run(refused, "  - {name: anew, recreate: postgres}\n");
  CHECK(report.steps[0].status == Status::error);
  CHECK(report.steps[0].message == "cannot remove it");
}

TEST_CASE("an interrupted run skips the rest and has not passed") {
  Trial trial;
  trial.web.on_send = [&](const http::Request&) {
    trial.stop.request_stop();
    return answer(503, "");
  };
  const auto report = run(trial, R"(
  - {name: a, http: auth-service/, within: 1h}
  - {name: b, http: auth-service/}
)");
  CHECK(trial.web.requests.size() == 1);
  CHECK(report.interrupted);
  CHECK(report.steps[1].status == Status::skipped);
  CHECK(report.steps[1].message == "the run was interrupted");
  CHECK_FALSE(report.passed());
}

TEST_CASE("a step whose captured value would break its request is an error that names it, and nothing is sent") {
  Trial trial;
  trial.web.on_send = [](const http::Request&) {
    return answer(200, R"({"t": "a\r\nX-Inj: 1\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n"})");
  };
  const auto report = run(trial, R"(
  - name: gives
    http: auth-service/
    capture: {t: /t}
  - name: breaks
    http: {get: auth-service/, headers: {X-T: "v {{t}}"}}
    within: 10s
  - name: breaks as well
    http: {get: auth-service/, bearer: "{{t}}"}
)");
  REQUIRE(report.steps.size() == 3);
  CHECK(trial.web.requests.size() == 1);
  for (const auto i : {1U, 2U}) {
    CHECK(report.steps[i].status == Status::error);
    CHECK(report.steps[i].message.find("{{t}} has a line break or zero byte in it") != std::string::npos);
    CHECK(report.steps[i].message.find("smuggled") == std::string::npos);
  }
}

TEST_CASE("values that are made of themselves, step after step, end before memory and stack do") {
  Trial trial;
  std::string wider = "  - {set: {a: [x, x]}}\n", deeper = "  - {set: {a: x}}\n";
  for (int i = 0; i < 24; ++i) wider += "  - {set: {a: ['{{a}}', '{{a}}']}}\n";
  const auto nested = std::string(150, '[') + "'{{a}}'" + std::string(150, ']');
  for (int i = 0; i < 300; ++i) deeper += "  - {set: {a: " + nested + "}}\n";
  for (const auto& steps : {wider, deeper}) {
    const auto report = run(trial, steps);
    CHECK(report.steps[1].status == Status::passed);
    CHECK(report.steps.back().status == Status::error);
  }
}

TEST_CASE("a deeply nested answer of a service or output of a command ends no run") {
  Trial trial;
  const auto deep = std::string(100'000, '[') + std::string(100'000, ']');
  trial.web.on_send = [&](const http::Request&) { return answer(200, deep); };
  trial.services.on_exec = [&](const std::vector<std::string>&) {
    return engine::ExecResult{.exit_code = 0, .standard_output = deep, .standard_error = deep};
  };
  const auto report = run(trial, R"(
  - {name: status only, http: auth-service/}
  - {name: equals, http: auth-service/, expect: {json: {/a: {equals: {b: 1}}}}}
  - {name: contains, http: auth-service/, expect: {body: {contains: x}}}
  - {name: command, exec: {service: auth-service, command: [x]}}
  - {name: failing command, exec: {service: auth-service, command: [x]}, expect: {stdout: y}}
)");
  REQUIRE(report.steps.size() == 5);
  for (const auto i : {0U, 3U}) CHECK(report.steps[i].status == Status::passed);
  for (const auto i : {1U, 2U, 4U}) CHECK(report.steps[i].status == Status::failed);
}

TEST_CASE("bytes of a header that are not UTF-8 end no run, wherever the value goes") {
  Trial trial;
  trial.web.on_send = [](const http::Request&) { return answer(200, "[\"x\"]", {{"X-T", "caf\xe9"}}); };
  const auto report = run(trial, R"(
  - name: gives
    http: auth-service/
    capture: {t: {header: X-T}}
  - set: {list: ["{{t}}"], password: {a: "{{t}}"}}
  - name: within a text
    http: {post: "auth-service/{{list}}", json: ["{{list}}", "a {{list}}"], headers: {X: "{{t}}"}}
    expect: {body: {not: {contains: "{{list}}"}}, headers: {X-T: {not: {equals: "{{list}}"}}}}
)");
  REQUIRE(report.steps.size() == 3);
  CHECK(report.steps[2].status == Status::passed);
  CHECK(trial.web.requests[1].url == "http://auth-service.test:80/%5B%22caf%EF%BF%BD%22%5D");
}

}  // namespace saasctl::verify_run_test
