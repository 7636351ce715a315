#include "common/runtime/span_export.hpp"

#include <boost/asio/steady_timer.hpp>

#include "common/core/otlp.hpp"

namespace saasctl::services {

namespace {

constexpr std::size_t kBatch = 512;
constexpr std::chrono::milliseconds kInterval{200};
constexpr std::chrono::milliseconds kRetryInterval{1000};
constexpr std::chrono::milliseconds kSendPatience{2000};

}  // namespace

Task<SpanExporter::Outcome> OtlpExporter::send(const std::vector<SpanRecord>& spans, std::string& why) {
  Call call{.method = "POST",
            .url = endpoint_,
            .headers = {{"Content-Type", "application/x-protobuf"}},
            .body = encode_otlp(resource_, spans),
            .timeout = kSendPatience,
            .repeatable = true};
  const auto answer = co_await http_.call(std::move(call));
  if (!answer) {
    why = answer.error().message;
    co_return Outcome::try_again;
  }
  if (answer->status < 300) co_return Outcome::sent;
  why = endpoint_.text() + " answered " + std::to_string(answer->status);
  const bool again = answer->status == 429 || (answer->status >= 502 && answer->status <= 504);
  co_return again ? Outcome::try_again : Outcome::refused;
}

Task<SpanExporter::Outcome> AgentExporter::send(const std::vector<SpanRecord>& spans, std::string& why) {
  const auto sent = co_await agent_.send(spans, Deadline(kSendPatience));
  if (sent) co_return Outcome::sent;
  why = sent.error();
  co_return Outcome::try_again;
}

// True when there was something and it is gone, be it sent or refused.
Task<bool> ExportLoop::send_batch() {
  if (sending_) co_return false;
  if (batch_.empty()) batch_ = tracer_.take(kBatch);
  if (batch_.empty()) co_return false;
  sending_ = true;
  std::string why;
  const auto outcome = co_await exporter_.send(batch_, why);
  sending_ = false;
  if (outcome == SpanExporter::Outcome::sent) {
    exported_ += batch_.size();
  } else if (!was_failing_) {  // one line for an outage, not one a second
    log_.write(LogLevel::warning, "spans could not be exported", {{"error", why}});
  }
  if (outcome == SpanExporter::Outcome::refused) refused_ += batch_.size();
  was_failing_ = outcome != SpanExporter::Outcome::sent;
  if (outcome == SpanExporter::Outcome::try_again) co_return false;
  batch_.clear();
  co_return true;
}

Task<void> ExportLoop::run() {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    timer.expires_after(was_failing_ ? kRetryInterval : kInterval);
    const auto [cancelled] = co_await timer.async_wait(kAsTuple);
    if (cancelled) co_return;
    while (co_await send_batch()) {
    }
  }
}

Task<void> ExportLoop::flush(Deadline deadline) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (sending_ && !deadline.passed()) {
    timer.expires_after(std::chrono::milliseconds(10));
    co_await timer.async_wait(kAsTuple);
  }
  while (!deadline.passed() && co_await send_batch()) {
  }
}

void ExportLoop::add_metrics(Metrics& metrics) const {
  const auto value = [](std::uint64_t count) { return static_cast<double>(count); };
  metrics.add("trace_spans_exported_total", "Spans handed to the tracing backend.", Metrics::Type::counter,
              {{"", [this, value] { return value(exported_); }}});
  metrics.add("trace_spans_dropped_total", "Spans lost.", Metrics::Type::counter,
              {{"reason=\"queue_full\"", [this, value] { return value(tracer_.dropped()); }},
               {"reason=\"refused\"", [this, value] { return value(refused_); }}});
}

}  // namespace saasctl::services
