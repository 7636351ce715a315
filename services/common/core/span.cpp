#include "common/core/span.hpp"

#include <algorithm>
#include <utility>

namespace saasctl::services {

namespace {

SpanTime now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

SpanRecord begin(const SpanContext& context, SpanId parent, std::string name, SpanKind kind) {
  SpanRecord record;
  record.trace_id = context.trace_id;
  record.span_id = context.span_id;
  record.parent_id = parent;
  record.tracestate = context.tracestate;
  record.name = std::move(name);
  record.kind = kind;
  record.start = now();
  return record;
}

}  // namespace

Span::Span(Tracer& tracer, SpanContext context, SpanRecord record)
    : tracer_(&tracer), context_(std::move(context)), record_(std::move(record)) {}

Span::Span(Span&& other) noexcept
    : tracer_(std::exchange(other.tracer_, nullptr)),
      context_(std::move(other.context_)),
      record_(std::move(other.record_)) {}

Span::~Span() {
  if (tracer_ == nullptr || !context_.sampled) return;
  record_.end = now();
  tracer_->finish(std::move(record_));
}

void Span::set(std::string key, AttributeValue value) {
  record_.attributes.push_back({std::move(key), std::move(value)});
}

void Span::rename(std::string name) {
  record_.name = std::move(name);
}

void Span::fail(std::string message) {
  record_.failed = true;
  record_.status_message = std::move(message);
}

Span Span::child(std::string name, SpanKind kind) const {
  SpanContext context = context_;
  context.span_id = random_span_id();
  SpanRecord record = begin(context, context_.span_id, std::move(name), kind);
  return {*tracer_, std::move(context), std::move(record)};
}

Span Tracer::start(std::string name, SpanKind kind, const std::optional<SpanContext>& remote) {
  SpanContext context = remote.value_or(SpanContext{random_trace_id(), {}, true, {}});
  const SpanId parent = context.span_id;
  context.span_id = random_span_id();
  SpanRecord record = begin(context, parent, std::move(name), kind);
  return {*this, std::move(context), std::move(record)};
}

Span Tracer::start_unsampled(std::string name) {
  return start(std::move(name), SpanKind::server, SpanContext{random_trace_id(), {}, false, {}});
}

std::vector<SpanRecord> Tracer::take(std::size_t most) {
  const auto end = finished_.begin() + static_cast<std::ptrdiff_t>(std::min(most, finished_.size()));
  std::vector<SpanRecord> taken(std::make_move_iterator(finished_.begin()), std::make_move_iterator(end));
  finished_.erase(finished_.begin(), end);
  return taken;
}

void Tracer::finish(SpanRecord record) {
  if (finished_.size() < capacity_) {
    finished_.push_back(std::move(record));
  } else {
    ++dropped_;
  }
}

}  // namespace saasctl::services
