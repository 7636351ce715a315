// Finished spans on their way out: taken from the tracer every 200 ms and sent in batches.
// Belongs to the event loop's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/core/log.hpp"
#include "common/core/metrics.hpp"
#include "common/core/span.hpp"
#include "common/runtime/http_client.hpp"
#include "common/runtime/udp_agent.hpp"

namespace saasctl::services {

class SpanExporter {
 public:
  enum class Outcome { sent, try_again, refused };
  virtual ~SpanExporter() = default;
  // On anything but `sent`, `why` says what happened.
  virtual Task<Outcome> send(const std::vector<SpanRecord>& spans, std::string& why) = 0;
};

// OTLP/HTTP with protobuf bodies (OpenTelemetry specification, "OTLP/HTTP"). 429, 502, 503 and 504 may be repeated,
// other refusals not.
class OtlpExporter : public SpanExporter {
 public:
  OtlpExporter(Url endpoint, Resource resource, HttpClient& http)
      : endpoint_(std::move(endpoint)), resource_(std::move(resource)), http_(http) {}
  Task<Outcome> send(const std::vector<SpanRecord>& spans, std::string& why) override;

 private:
  Url endpoint_;
  Resource resource_;
  HttpClient& http_;
};

class AgentExporter : public SpanExporter {
 public:
  explicit AgentExporter(UdpAgent& agent) : agent_(agent) {}
  Task<Outcome> send(const std::vector<SpanRecord>& spans, std::string& why) override;

 private:
  UdpAgent& agent_;
};

class ExportLoop {
 public:
  ExportLoop(Tracer& tracer, SpanExporter& exporter, const Logger& log)
      : tracer_(tracer), exporter_(exporter), log_(log) {}

  // Runs until the loop ends. While the receiver is away a batch is kept and tried again, at most once a second; the
  // tracer's bounded queue takes what comes meanwhile.
  Task<void> run();

  // Sends what is waiting, giving up at the deadline or at the first failure.
  Task<void> flush(Deadline deadline);

  void add_metrics(Metrics& metrics) const;

 private:
  Task<bool> send_batch();

  Tracer& tracer_;
  SpanExporter& exporter_;
  const Logger& log_;
  std::vector<SpanRecord> batch_;  // taken but not yet sent
  bool sending_ = false;
  bool was_failing_ = false;
  std::uint64_t exported_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace saasctl::services
