// Labels for switches over a message's fields, with the wire type that they must have: a field that comes with another
// one is passed over. Source: Protocol Buffers, "Encoding", section "Message Structure".
#pragma once

#include <cstdint>
#include <protozero/types.hpp>

namespace saasctl::build {

template <typename Field>
constexpr std::uint32_t number(Field field) {
  return protozero::tag_and_type(field, protozero::pbf_wire_type::varint);
}

// Text, bytes or a message.
template <typename Field>
constexpr std::uint32_t bytes_of(Field field) {
  return protozero::tag_and_type(field, protozero::pbf_wire_type::length_delimited);
}

}  // namespace saasctl::build
