#include "execute/probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <expected>

#include "engine/exec.hpp"
#include "engine/logs.hpp"
#include "util/http.hpp"
#include "util/regex.hpp"
#include "util/tcp.hpp"
#include "util/text.hpp"

namespace saasctl::execute {
namespace {

using std::chrono::milliseconds;

milliseconds or_default(const std::optional<declare::Duration>& duration, milliseconds otherwise) {
  return duration ? std::chrono::duration_cast<milliseconds>(duration->value) : otherwise;
}

using Pause = std::optional<milliseconds>;

class ExecProbe : public Probe {
 public:
  ExecProbe(const engine::Client& client, std::string container, std::vector<std::string> command, milliseconds timeout,
            Pause pause = std::nullopt)
      : client_(client),
        container_(std::move(container)),
        command_(std::move(command)),
        timeout_(timeout),
        pause_(pause) {}

  Result<void> ask(milliseconds limit, std::stop_token stop) override {
    engine::ExecOptions options;
    options.timeout = std::min(timeout_, limit);
    options.max_output = 4096;
    auto result = engine::exec_run(client_, container_, command_, options, stop);
    if (!result) return std::unexpected(result.error());
    if (result->exit_code == 0) return {};
    const auto said = trim(result->standard_error.empty() ? result->standard_output : result->standard_error);
    return failure(fmt::format("{} ended with exit code {}{}{}", command_.front(), result->exit_code,
                               said.empty() ? "" : ": ", said));
  }
  Pause pause() const override { return pause_; }

 private:
  const engine::Client& client_;
  std::string container_;
  std::vector<std::string> command_;
  milliseconds timeout_;
  Pause pause_;
};

struct Published {
  std::string host;
  std::uint16_t port;
};

std::optional<Published> published(const engine::Client& client, const engine::Container& container,
                                   std::string_view target) {
  const auto found = std::ranges::find_if(container.ports, [&](const engine::PortBinding& binding) {
    return binding.container_port == std::string(target) + "/tcp" && binding.host_port != 0;
  });
  if (found == container.ports.end()) return std::nullopt;
  return Published{engine::published_host(client.endpoint(), found->host_ip), found->host_port};
}

class HttpProbe : public Probe {
 public:
  HttpProbe(Published where, std::string path, milliseconds timeout, Pause pause)
      : url_(fmt::format("http://{}:{}{}", http::url_host(where.host), where.port, path)),
        timeout_(timeout),
        pause_(pause) {}

  Result<void> ask(milliseconds limit, std::stop_token stop) override {
    http::Request request;
    request.url = url_;
    request.timeout = std::min(timeout_, limit);
    request.connect_timeout = request.timeout;
    auto response = http_.send(request, stop);
    if (!response) return std::unexpected(response.error());
    if (response->status >= 200 && response->status < 400) return {};
    return failure(fmt::format("{} answered {}", url_, response->status));
  }
  Pause pause() const override { return pause_; }

 private:
  http::Client http_;
  std::string url_;
  milliseconds timeout_;
  Pause pause_;
};

class TcpProbe : public Probe {
 public:
  TcpProbe(Published where, milliseconds timeout, Pause pause)
      : where_(std::move(where)), timeout_(timeout), pause_(pause) {}

  Result<void> ask(milliseconds limit, std::stop_token stop) override {
    return probe_tcp(where_.host, where_.port, std::min(timeout_, limit), milliseconds(20), stop);
  }
  Pause pause() const override { return pause_; }

 private:
  Published where_;
  milliseconds timeout_;
  Pause pause_;
};

// Reads what has come to the log since the last try.
class LogProbe : public Probe {
 public:
  LogProbe(const engine::Client& client, const engine::Container& container, const std::string& expression, Pause pause)
      : client_(client),
        container_(container.id),
        expression_(expression),
        regex_(Regex::compile(expression)),
        since_(container.state.started_at),
        pause_(pause) {}

  Result<void> ask(milliseconds limit, std::stop_token stop) override {
    if (!regex_)
      return failure(fmt::format("'{}' is not a regular expression: {}", expression_, regex_.error().reason));
    engine::LogOptions options;
    options.since = since_;
    options.timeout = limit;
    bool found = false;
    const auto read = engine::read_logs(
        client_, container_, options,
        [&](const engine::LogLine& line) {
          if (line.time) since_ = line.time;
          found = regex_->matches_line(std::string_view(line.text).substr(0, regex_->longest_text())).value_or(false);
          return !found;
        },
        std::move(stop));
    if (!read) return std::unexpected(read.error());
    if (found) return {};
    return failure(fmt::format("no line of its log matches '{}' yet", expression_));
  }
  Pause pause() const override { return pause_; }

 private:
  const engine::Client& client_;
  std::string container_;
  std::string expression_;
  std::expected<Regex, Regex::Invalid> regex_;
  std::optional<engine::Timestamp> since_;
  Pause pause_;
};

std::unique_ptr<Probe> ready_probe(const engine::Client& client, const stack::Ready& ready,
                                   const engine::Container& container) {
  const auto timeout = or_default(ready.timeout, milliseconds(2000));
  const Pause pause = ready.every ? Pause(or_default(ready.every, {})) : std::nullopt;
  if (!ready.exec.empty()) return std::make_unique<ExecProbe>(client, container.id, ready.exec, timeout, pause);
  if (ready.log) return std::make_unique<LogProbe>(client, container, *ready.log, pause);
  if (ready.http) {
    const auto slash = ready.http->find('/');
    auto where = published(client, container, std::string_view(*ready.http).substr(1, slash - 1));
    if (!where) return nullptr;
    return std::make_unique<HttpProbe>(std::move(*where), ready.http->substr(slash), timeout, pause);
  }
  auto where = published(client, container, std::to_string(ready.tcp->value));
  if (!where) return nullptr;
  return std::make_unique<TcpProbe>(std::move(*where), timeout, pause);
}

}  // namespace

std::unique_ptr<Probe> make_probe(const engine::Client& client, const project::Service& service,
                                  const engine::Container& container) {
  if (service.spec.ready) return ready_probe(client, *service.spec.ready, container);
  const auto check = container.config.find("Healthcheck");
  if (check == container.config.end() || !check->is_object()) return nullptr;
  const auto test = check->value("Test", std::vector<std::string>{});
  if (test.size() < 2 || test.front() == "NONE") return nullptr;
  // The engine's own default. Source: Docker Engine API 1.41, HealthConfig.
  const auto nanoseconds = check->value("Timeout", std::int64_t{0});
  const auto timeout = nanoseconds > 0 ? std::chrono::duration_cast<milliseconds>(std::chrono::nanoseconds(nanoseconds))
                                       : milliseconds(30'000);
  std::vector<std::string> command;
  if (test.front() == "CMD-SHELL") {
    const auto shell = container.config.find("Shell");
    if (shell != container.config.end() && shell->is_array()) command = shell->get<std::vector<std::string>>();
    if (command.empty()) command = {"/bin/sh", "-c"};
    command.push_back(test[1]);
  } else {
    command.assign(test.begin() + 1, test.end());
  }
  return std::make_unique<ExecProbe>(client, container.id, std::move(command), timeout);
}

}  // namespace saasctl::execute
