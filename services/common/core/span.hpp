// Spans in the making and the bounded queue finished ones wait in until an exporter takes them.
// Not synchronised: tracer and spans belong to the event loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "common/core/span_record.hpp"

namespace saasctl::services {

class Tracer;

// Ends when it is destroyed. Move-only; a moved-from span records nothing.
class Span {
 public:
  Span(Span&& other) noexcept;
  Span& operator=(Span&&) = delete;
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;
  ~Span();

  void set(std::string key, AttributeValue value);
  void rename(std::string name);
  // Status "Error"; `message` is what a developer reads in Jaeger.
  void fail(std::string message);

  // What children and outgoing calls carry on.
  [[nodiscard]] const SpanContext& context() const { return context_; }
  [[nodiscard]] Span child(std::string name, SpanKind kind) const;

 private:
  friend class Tracer;
  Span(Tracer& tracer, SpanContext context, SpanRecord record);

  Tracer* tracer_;  // outlives its spans; null once moved from
  SpanContext context_;
  SpanRecord record_;
};

class Tracer {
 public:
  // At most `capacity` finished spans wait; more are dropped and counted, never blocked on.
  explicit Tracer(std::size_t capacity) : capacity_(capacity) {}

  // The first span of this process in a trace: continues `remote`, or begins a trace.
  [[nodiscard]] Span start(std::string name, SpanKind kind, const std::optional<SpanContext>& remote);
  // A span nobody will see, for requests that are not traced; its children are not seen either.
  [[nodiscard]] Span start_unsampled(std::string name);

  // Removes up to `most` finished spans from the queue, oldest first.
  [[nodiscard]] std::vector<SpanRecord> take(std::size_t most);

  [[nodiscard]] std::size_t waiting() const { return finished_.size(); }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  friend class Span;
  void finish(SpanRecord record);

  std::size_t capacity_;
  std::deque<SpanRecord> finished_;
  std::uint64_t dropped_ = 0;
};

}  // namespace saasctl::services
