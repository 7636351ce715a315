#include "common/core/otlp.hpp"

#include <bit>
#include <string_view>

namespace saasctl::services {

namespace {

// Protobuf wire types (protobuf.dev, "Encoding"): the tag is field << 3 | type.
class Message {
 public:
  void number(unsigned field, std::uint64_t value) {
    tag(field, 0);
    varint(value);
  }

  void fixed64(unsigned field, std::uint64_t value) {
    tag(field, 1);
    for (unsigned shift = 0; shift < 64; shift += 8) bytes_ += static_cast<char>(value >> shift & 0xff);
  }

  void text(unsigned field, std::string_view value) {
    tag(field, 2);
    varint(value.size());
    bytes_ += value;
  }

  void message(unsigned field, const Message& value) { text(field, value.bytes_); }

  [[nodiscard]] std::string take() && { return std::move(bytes_); }

 private:
  void tag(unsigned field, unsigned type) { varint(static_cast<std::uint64_t>(field) << 3U | type); }

  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

std::string big_endian(std::uint64_t number) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xff);
  return bytes;
}

struct AnyValue {
  Message& message;
  void operator()(const std::string& value) const { message.text(1, value); }
  void operator()(bool value) const { message.number(2, value ? 1 : 0); }
  void operator()(std::int64_t value) const { message.number(3, static_cast<std::uint64_t>(value)); }
  void operator()(double value) const { message.fixed64(4, std::bit_cast<std::uint64_t>(value)); }
};

void add_attribute(Message& owner, unsigned field, const std::string& key, const AttributeValue& value) {
  Message any;
  std::visit(AnyValue{any}, value);
  Message key_value;
  key_value.text(1, key);
  key_value.message(2, any);
  owner.message(field, key_value);
}

std::uint64_t unix_nanoseconds(SpanTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

Message encode_span(const SpanRecord& span) {
  Message message;
  message.text(1, big_endian(span.trace_id.high) + big_endian(span.trace_id.low));
  message.text(2, big_endian(span.span_id.value));
  if (!span.tracestate.empty()) message.text(3, span.tracestate);
  if (span.parent_id.value != 0) message.text(4, big_endian(span.parent_id.value));
  message.text(5, span.name);
  message.number(6, static_cast<std::uint64_t>(span.kind));
  message.fixed64(7, unix_nanoseconds(span.start));
  message.fixed64(8, unix_nanoseconds(span.end));
  for (const Attribute& attribute : span.attributes) add_attribute(message, 9, attribute.key, attribute.value);
  if (span.failed) {
    constexpr std::uint64_t kStatusCodeError = 2;
    Message status;
    if (!span.status_message.empty()) status.text(2, span.status_message);
    status.number(3, kStatusCodeError);
    message.message(15, status);
  }
  return message;
}

}  // namespace

std::string encode_otlp(const Resource& resource, std::span<const SpanRecord> spans) {
  Message resource_message;
  add_attribute(resource_message, 1, "service.name", resource.service_name);
  for (const Attribute& attribute : resource.attributes) {
    add_attribute(resource_message, 1, attribute.key, attribute.value);
  }
  Message scope;
  scope.text(1, "saasctl.services");
  Message scope_spans;
  scope_spans.message(1, scope);
  for (const SpanRecord& span : spans) scope_spans.message(2, encode_span(span));
  Message resource_spans;
  resource_spans.message(1, resource_message);
  resource_spans.message(2, scope_spans);
  Message request;
  request.message(1, resource_spans);
  return std::move(request).take();
}

}  // namespace saasctl::services
