#include "build/filesync.hpp"
#include "build/protobuf.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <protozero/pbf_builder.hpp>
#include <protozero/pbf_message.hpp>

namespace saasctl::build {
namespace {

constexpr std::size_t chunk_size = 32 * 1024;  // what BuildKit's own client sends
constexpr int stats_at_once = 64;
constexpr auto slice_of_walk = std::chrono::milliseconds(50);

// fsutil.types.Packet
enum class PacketType : std::uint32_t { stat = 0, request = 1, data = 2, finish = 3, error = 4 };
enum class PacketField : protozero::pbf_tag_type { type = 1, stat = 2, id = 3, data = 4 };
// fsutil.types.Stat
enum class StatField : protozero::pbf_tag_type { path = 1, mode = 2, size = 5, modified = 6, link = 7, xattrs = 10 };
enum class AttributeField : protozero::pbf_tag_type { name = 1, value = 2 };

std::string packet_of(PacketType type) {
  std::string packet;
  protozero::pbf_builder<PacketField>(packet).add_enum(PacketField::type, static_cast<std::int32_t>(type));
  return packet;
}

struct Packet {
  PacketType type = PacketType::stat;
  std::uint32_t id = 0;
  std::string data;
};

Packet parse_packet(std::string_view bytes) {
  Packet packet;
  protozero::pbf_message<PacketField> reader(bytes.data(), bytes.size());
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case number(PacketField::type):
        packet.type = static_cast<PacketType>(reader.get_enum());
        break;
      case number(PacketField::id):
        packet.id = reader.get_uint32();
        break;
      case bytes_of(PacketField::data):
        packet.data = reader.get_bytes();
        break;
      default:
        reader.skip();
    }
  }
  return packet;
}

// Go's url.QueryUnescape; a damaged escape stays as it is.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned value = 0;
    const auto digits = text.substr(at, 3);
    if (digits.size() == 3 && digits[0] == '%' &&
        std::from_chars(digits.data() + 1, digits.data() + 3, value, 16).ptr == digits.data() + 3) {
      out += static_cast<char>(value);
      at += 2;
    } else {
      out += text[at] == '+' ? ' ' : text[at];
    }
  }
  return out;
}

// Newer builders escape all values of a name when one of them is not ASCII. Source: moby/buildkit
// session/filesync/filesync.go, encodeOpts and decodeOpts.
std::vector<std::string> decoded_values(const grpc::Metadata& metadata, const std::string& name) {
  auto values = grpc::values_of(metadata, name);
  const auto encoded = grpc::values_of(metadata, name + "-encoded");
  if (encoded.empty() || (encoded[0] != "1" && encoded[0] != "true")) return values;
  for (auto& value : values) value = unescaped(value);
  return values;
}

// A call that ends with a status whatever it is sent.
class FailedCall : public grpc::Call {
 public:
  explicit FailedCall(grpc::Status status) { finish(std::move(status)); }
  void on_message(std::string_view) override {}
};

}  // namespace

std::uint32_t go_file_mode(std::uint32_t mode) {
  std::uint32_t out = mode & 0777u;
  if (S_ISDIR(mode)) out |= 1u << 31;
  if (S_ISLNK(mode)) out |= 1u << 27;
  if ((mode & S_ISUID) != 0) out |= 1u << 23;
  if ((mode & S_ISGID) != 0) out |= 1u << 22;
  if ((mode & S_ISVTX) != 0) out |= 1u << 20;
  return out;
}

DiffCopyCall::DiffCopyCall(const std::filesystem::path& root, PathFilter filter, DiffCopyHooks hooks)
    : root_(root), walker_(root, std::move(filter)), hooks_(std::move(hooks)) {}

DiffCopyCall::~DiffCopyCall() {
  close_file();
}

void DiffCopyCall::produce() {
  if (failed_) return;
  if (!walked_) {
    send_stats();
  } else if (file_ >= 0 || open_next_file()) {
    send_content();
  }
}

void DiffCopyCall::send_stats() {
  const auto deadline = std::chrono::steady_clock::now() + slice_of_walk;
  for (int i = 0; i < stats_at_once; ++i) {
    const auto found = walker_.search(deadline);
    if (!found) return send_error(found.error().message);
    if (!*found) {
      if (hooks_.wake) hooks_.wake();
      return;
    }
    const auto entry = walker_.next();
    if (!entry) return send_error(entry.error().message);
    if (!*entry) {
      walked_ = true;
      return send(packet_of(PacketType::stat));  // without a Stat: the end of the list
    }
    send_stat(**entry);
    paths_.push_back((*entry)->path);
  }
}

// Owner and group stay 0: what a build makes must not depend on who builds.
void DiffCopyCall::send_stat(const Entry& entry) {
  std::string packet;
  {
    protozero::pbf_builder<PacketField> writer(packet);
    protozero::pbf_builder<StatField> fields(writer, PacketField::stat);
    fields.add_string(StatField::path, entry.path);
    fields.add_uint32(StatField::mode, go_file_mode(entry.mode));
    if (entry.is_file()) fields.add_int64(StatField::size, entry.size);
    fields.add_int64(StatField::modified, entry.modified_ns);
    if (entry.is_link()) fields.add_string(StatField::link, entry.link);
    if (!entry.hard_link.empty()) fields.add_string(StatField::link, entry.hard_link);
    for (const auto& [name, value] : entry.xattrs) {
      protozero::pbf_builder<AttributeField> attribute(fields, StatField::xattrs);
      attribute.add_string(AttributeField::name, name);
      attribute.add_bytes(AttributeField::value, value);
    }
  }
  send(packet);
}

bool DiffCopyCall::open_next_file() {
  if (requested_.empty()) return false;
  file_id_ = requested_.front();
  requested_.pop_front();
  const auto path = root_ / paths_[file_id_];
  file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file_ >= 0) return true;
  if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENXIO) {
    send_empty(std::strerror(errno));
  } else {
    send_error(fmt::format("cannot read {} of the build context: {}", path.string(), std::strerror(errno)));
  }
  return false;
}

// As buildx does it for a file that is not what it was when it was listed.
void DiffCopyCall::send_empty(const std::string& reason) {
  if (hooks_.warn) {
    hooks_.warn(fmt::format("{} has changed while the context was sent ({}) and is empty in the build",
                            (root_ / paths_[file_id_]).string(), reason));
  }
  close_file();
  auto packet = packet_of(PacketType::data);
  protozero::pbf_builder<PacketField>(packet).add_uint32(PacketField::id, file_id_);
  send(packet);
}

void DiffCopyCall::send_content() {
  buffer_.resize(chunk_size);
  const auto count = ::read(file_, buffer_.data(), buffer_.size());
  if (count < 0 && errno == EINTR) return send_content();
  if (count < 0 && errno == EISDIR) return send_empty(std::strerror(errno));
  if (count < 0) {
    return send_error(fmt::format("cannot read {} of the build context: {}", (root_ / paths_[file_id_]).string(),
                                  std::strerror(errno)));
  }
  std::string head = packet_of(PacketType::data);
  protozero::pbf_builder<PacketField>(head).add_uint32(PacketField::id, file_id_);
  if (count == 0) {
    close_file();
    return send(head);
  }
  // The content follows its key and length without being copied into the packet first.
  protozero::add_varint_to_buffer(&head, static_cast<std::uint32_t>(PacketField::data) << 3 |
                                             static_cast<std::uint32_t>(protozero::pbf_wire_type::length_delimited));
  protozero::add_varint_to_buffer(&head, static_cast<std::uint64_t>(count));
  send(head, std::string_view(buffer_).substr(0, static_cast<std::size_t>(count)));
}

// BuildKit fails the build with this text and ends the call itself.
void DiffCopyCall::send_error(const std::string& message) {
  failed_ = true;
  close_file();
  std::string packet = packet_of(PacketType::error);
  protozero::pbf_builder<PacketField>(packet).add_bytes(PacketField::data, message);
  send(packet);
}

void DiffCopyCall::on_message(std::string_view bytes) {
  Packet packet;
  try {
    packet = parse_packet(bytes);
  } catch (const protozero::exception&) {
    return finish({grpc::Code::invalid_argument, "damaged packet"});
  }
  switch (packet.type) {
    case PacketType::request:
      if (packet.id >= paths_.size()) return finish({grpc::Code::invalid_argument, "request for an unknown file"});
      requested_.push_back(packet.id);
      return;
    case PacketType::finish:
      send(packet_of(PacketType::finish));
      return finish();
    case PacketType::error:
      return finish({grpc::Code::internal, packet.data});
    case PacketType::stat:
    case PacketType::data:
      return;
  }
}

void DiffCopyCall::close_file() {
  if (file_ >= 0) ::close(std::exchange(file_, -1));
}

std::unique_ptr<grpc::Call> make_diff_copy(const std::map<std::string, std::filesystem::path>& folders,
                                           const grpc::Metadata& metadata, DiffCopyHooks hooks) {
  const auto names = decoded_values(metadata, "dir-name");
  const auto folder = names.empty() ? folders.end() : folders.find(names[0]);
  if (folder == folders.end()) {
    return std::make_unique<FailedCall>(grpc::Status{grpc::Code::not_found, "no such folder is offered"});
  }
  auto includes = decoded_values(metadata, "include-patterns");
  const auto followed = decoded_values(metadata, "followpaths");
  if (!followed.empty()) {
    const auto paths = follow_paths(folder->second, followed);
    includes.insert(includes.end(), paths.begin(), paths.end());
  }
  auto include = PatternList::compile(includes);
  auto exclude = PatternList::compile(decoded_values(metadata, "exclude-patterns"));
  if (!include || !exclude) {
    const auto& error = include ? exclude.error() : include.error();
    return std::make_unique<FailedCall>(grpc::Status{grpc::Code::invalid_argument, error.message});
  }
  return std::make_unique<DiffCopyCall>(
      folder->second, PathFilter{.include = std::move(*include), .exclude = std::move(*exclude)}, std::move(hooks));
}

}  // namespace saasctl::build
