// Spans as the Jaeger agent reads them from UDP: the one-way call `emitBatch` of jaeger-idl, thrift/agent.thrift and
// thrift/jaeger.thrift, in Thrift's compact protocol (Apache Thrift, doc/specs/thrift-compact-protocol.md).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "common/core/span_record.hpp"

namespace saasctl::services {

// The agent reads at most this many bytes of a datagram.
inline constexpr std::size_t kLargestJaegerDatagram = 65'000;

// One datagram holding all spans, however large. Pure.
[[nodiscard]] std::string encode_emit_batch(const Resource& resource, std::span<const SpanRecord> spans);

// As few datagrams as the limit (bytes) allows. A single span larger than the limit is left out: the agent could not
// read it, and its neighbours must not be lost with it.
[[nodiscard]] std::vector<std::string> encode_datagrams(const Resource& resource, std::span<const SpanRecord> spans,
                                                        std::size_t limit = kLargestJaegerDatagram);

}  // namespace saasctl::services
