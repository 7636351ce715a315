#include "common/core/jaeger.hpp"

#include <bit>
#include <string_view>

namespace saasctl::services {

namespace {

enum class Type : unsigned {
  boolean_true = 1,
  boolean_false = 2,
  i32 = 5,
  i64 = 6,
  real = 7,
  binary = 8,
  list = 9,
  structure = 12
};

class CompactWriter {
 public:
  void call_header(std::string_view name) {
    bytes_ += '\x82';  // protocol id
    bytes_ += '\x81';  // message type "oneway" in the upper bits, version 1 in the lower
    varint(0);         // sequence id: nobody answers a datagram
    text(name);
  }

  void begin() {
    outer_fields_.push_back(last_field_);
    last_field_ = 0;
  }

  void end() {
    bytes_ += '\0';
    last_field_ = outer_fields_.back();
    outer_fields_.pop_back();
  }

  // Fields of one struct are written in rising order, so the short form with a delta of 1 to 15 always fits.
  void field(int id, Type type) {
    bytes_ += static_cast<char>(static_cast<unsigned>(id - last_field_) << 4U | static_cast<unsigned>(type));
    last_field_ = id;
  }

  void list(std::size_t size) {
    constexpr auto kElement = static_cast<unsigned>(Type::structure);
    if (size < 15) {
      bytes_ += static_cast<char>(size << 4U | kElement);
    } else {
      bytes_ += static_cast<char>(0xf0U | kElement);
      varint(size);
    }
  }

  void text_field(int id, std::string_view value) {
    field(id, Type::binary);
    text(value);
  }

  void i32_field(int id, std::int32_t value) {
    field(id, Type::i32);
    zigzag(value);
  }

  void i64_field(int id, std::int64_t value) {
    field(id, Type::i64);
    zigzag(value);
  }

  void real_field(int id, double value) {
    field(id, Type::real);
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (unsigned shift = 0; shift < 64; shift += 8) bytes_ += static_cast<char>(bits >> shift & 0xff);
  }

  void boolean_field(int id, bool value) { field(id, value ? Type::boolean_true : Type::boolean_false); }

  [[nodiscard]] std::string take() && { return std::move(bytes_); }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  void zigzag(std::int64_t value) {
    varint(static_cast<std::uint64_t>(value) << 1U ^ static_cast<std::uint64_t>(value >> 63));
  }

  void text(std::string_view value) {
    varint(value.size());
    bytes_ += value;
  }

  std::string bytes_;
  int last_field_ = 0;
  std::vector<int> outer_fields_;
};

// jaeger.thrift, enum TagType and the field of Tag that holds each type.
struct TagValue {
  CompactWriter& out;
  void operator()(const std::string& value) const {
    out.i32_field(2, 0);
    out.text_field(3, value);
  }
  void operator()(double value) const {
    out.i32_field(2, 1);
    out.real_field(4, value);
  }
  void operator()(bool value) const {
    out.i32_field(2, 2);
    out.boolean_field(5, value);
  }
  void operator()(std::int64_t value) const {
    out.i32_field(2, 3);
    out.i64_field(6, value);
  }
};

void write_tags(CompactWriter& out, int id, const Attributes& tags) {
  if (tags.empty()) return;
  out.field(id, Type::list);
  out.list(tags.size());
  for (const Attribute& tag : tags) {
    out.begin();
    out.text_field(1, tag.key);
    std::visit(TagValue{out}, tag.value);
    out.end();
  }
}

// Jaeger has no fields for kind and status; the OpenTelemetry specification ("Jaeger exporter") names these tags.
Attributes tags_of(const SpanRecord& span) {
  Attributes tags;
  if (span.kind == SpanKind::server) tags.push_back({"span.kind", std::string("server")});
  if (span.kind == SpanKind::client) tags.push_back({"span.kind", std::string("client")});
  if (span.failed) tags.push_back({"error", true});
  if (span.failed && !span.status_message.empty()) tags.push_back({"otel.status_description", span.status_message});
  tags.insert(tags.end(), span.attributes.begin(), span.attributes.end());
  return tags;
}

void write_span(CompactWriter& out, const SpanRecord& span) {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  constexpr std::int32_t kSampled = 1;
  out.begin();
  out.i64_field(1, static_cast<std::int64_t>(span.trace_id.low));
  out.i64_field(2, static_cast<std::int64_t>(span.trace_id.high));
  out.i64_field(3, static_cast<std::int64_t>(span.span_id.value));
  out.i64_field(4, static_cast<std::int64_t>(span.parent_id.value));
  out.text_field(5, span.name);
  out.i32_field(7, kSampled);
  out.i64_field(8, duration_cast<microseconds>(span.start.time_since_epoch()).count());
  out.i64_field(9, duration_cast<microseconds>(span.end - span.start).count());
  write_tags(out, 10, tags_of(span));
  out.end();
}

}  // namespace

std::string encode_emit_batch(const Resource& resource, std::span<const SpanRecord> spans) {
  CompactWriter out;
  out.call_header("emitBatch");
  out.begin();
  out.field(1, Type::structure);
  out.begin();
  out.field(1, Type::structure);
  out.begin();
  out.text_field(1, resource.service_name);
  write_tags(out, 2, resource.attributes);
  out.end();
  out.field(2, Type::list);
  out.list(spans.size());
  for (const SpanRecord& span : spans) write_span(out, span);
  out.end();
  out.end();
  return std::move(out).take();
}

std::vector<std::string> encode_datagrams(const Resource& resource, std::span<const SpanRecord> spans,
                                          std::size_t limit) {
  if (spans.empty()) return {};
  std::string datagram = encode_emit_batch(resource, spans);
  if (datagram.size() <= limit) return {std::move(datagram)};
  if (spans.size() == 1) return {};
  const std::size_t half = spans.size() / 2;
  std::vector<std::string> datagrams = encode_datagrams(resource, spans.first(half), limit);
  for (std::string& rest : encode_datagrams(resource, spans.subspan(half), limit)) {
    datagrams.push_back(std::move(rest));
  }
  return datagrams;
}

}  // namespace saasctl::services
