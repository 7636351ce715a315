#include "build/grpc.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace saasctl::build::grpc {
namespace {

constexpr std::size_t prefix_size = 5;

std::size_t message_size(std::string_view prefix) {
  std::size_t size = 0;
  for (std::size_t i = 1; i < prefix_size; ++i) size = size << 8 | static_cast<unsigned char>(prefix[i]);
  return size;
}

}  // namespace

std::vector<std::string> values_of(const Metadata& metadata, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [key, value] : metadata) {
    if (key == name) values.push_back(value);
  }
  return values;
}

void append_frame(std::string& out, std::string_view head, std::string_view body) {
  const auto size = static_cast<std::uint32_t>(head.size() + body.size());
  out += '\0';
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift & 0xff);
  out.append(head).append(body);
}

std::string encode_status_message(std::string_view message) {
  std::string out;
  for (const char c : message) {
    if (c >= 0x20 && c < 0x7f && c != '%') {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Status FrameReader::feed(std::string_view bytes, const std::function<void(std::string_view)>& sink) {
  buffer_ += bytes;
  std::string_view rest = buffer_;
  while (rest.size() >= prefix_size) {
    if (rest[0] != '\0') return {Code::unimplemented, "compressed messages are not supported"};
    const auto size = message_size(rest);
    if (size > max_message) {
      return {Code::resource_exhausted, fmt::format("a message of {} bytes is larger than {}", size, max_message)};
    }
    if (rest.size() - prefix_size < size) break;
    sink(rest.substr(prefix_size, size));
    rest.remove_prefix(prefix_size + size);
  }
  buffer_.erase(0, buffer_.size() - rest.size());
  return {};
}

void Call::take(std::size_t count) {
  taken_ += count;
  if (taken_ < output_.size()) return;
  output_.clear();
  taken_ = 0;
}

void Call::finish(Status status) {
  if (finished_) return;
  finished_ = true;
  status_ = std::move(status);
}

}  // namespace saasctl::build::grpc
