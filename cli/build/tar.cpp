#include "build/tar.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "util/archive_stream.hpp"
#include "util/descriptor.hpp"

namespace saasctl::build {
namespace {

constexpr std::uint32_t regular_file = S_IFREG | 0644;

std::unexpected<Error> unreadable(const std::string& path) {
  return failure(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
}

}  // namespace

class TarStream::State {
 public:
  State(std::filesystem::path root, PathFilter filter);

  void add_file(std::string path, std::string content) { added_.emplace_back(std::move(path), std::move(content)); }
  Result<std::size_t> read(std::span<char> buffer) {
    return archive_.read(buffer, [this] { return advance(); });
  }

 private:
  Result<void> advance();
  Result<void> write_header(const Entry& entry);
  Result<void> write_added();
  Result<void> begin_entry();
  Result<void> write_file_piece();

  std::filesystem::path root_;
  Walker walker_;
  std::vector<std::pair<std::string, std::string>> added_;  // path and content
  ArchiveStream archive_{"the archive of the build context"};
  Descriptor file_;
  std::string file_path_;
  std::int64_t file_left_ = 0;  // bytes the header has promised
};

TarStream::State::State(std::filesystem::path root, PathFilter filter)
    : root_(root), walker_(std::move(root), std::move(filter)) {}

Result<void> TarStream::State::advance() {
  if (file_left_ > 0) return write_file_piece();
  if (!added_.empty()) return write_added();
  return begin_entry();
}

Result<void> TarStream::State::write_header(const Entry& entry) {
  const auto header = make_archive_entry();
  archive_entry_set_pathname(header.get(), entry.path.c_str());
  archive_entry_set_mode(header.get(), static_cast<mode_t>(entry.mode));
  archive_entry_set_size(header.get(), entry.size);
  archive_entry_set_mtime(header.get(), entry.modified_ns / 1'000'000'000, 0);
  if (entry.is_link()) archive_entry_set_symlink(header.get(), entry.link.c_str());
  if (!entry.hard_link.empty()) archive_entry_set_hardlink(header.get(), entry.hard_link.c_str());
  for (const auto& [name, value] : entry.xattrs)
    archive_entry_xattr_add_entry(header.get(), name.c_str(), value.data(), value.size());
  return archive_.write_header(*header);
}

Result<void> TarStream::State::write_added() {
  const auto [path, content] = std::move(added_.front());
  added_.erase(added_.begin());
  const Entry entry{
      .path = path, .mode = regular_file, .size = static_cast<std::int64_t>(content.size()), .modified_ns = 0};
  if (auto header = write_header(entry); !header) return header;
  return archive_.write_content(content);
}

Result<void> TarStream::State::begin_entry() {
  auto entry = walker_.next();
  if (!entry) return std::unexpected(std::move(entry.error()));
  if (!*entry) return archive_.close();
  if ((*entry)->is_file() && (*entry)->hard_link.empty()) {
    file_path_ = (root_ / (*entry)->path).string();
    // The walk has seen a regular file: what is a link or a pipe by now is not followed and not waited for.
    file_ = Descriptor(::open(file_path_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file_ && errno == ENOENT) return {};  // it has vanished since it was listed
    if (!file_) return unreadable(file_path_);
    file_left_ = (*entry)->size;
  }
  return write_header(**entry);
}

Result<void> TarStream::State::write_file_piece() {
  std::array<char, 65536> buffer{};
  const auto wanted = std::min<std::int64_t>(file_left_, buffer.size());
  const auto count = ::read(file_.get(), buffer.data(), static_cast<std::size_t>(wanted));
  if (count < 0 && errno == EINTR) return {};
  if (count < 0) return unreadable(file_path_);
  if (count == 0) return failure(fmt::format("{} became shorter while it was read", file_path_), "try again");
  file_left_ -= count;
  return archive_.write_content({buffer.data(), static_cast<std::size_t>(count)});
}

TarStream::TarStream(std::filesystem::path root, PathFilter filter)
    : state_(std::make_unique<State>(std::move(root), std::move(filter))) {}
TarStream::TarStream(TarStream&&) noexcept = default;
TarStream& TarStream::operator=(TarStream&&) noexcept = default;
TarStream::~TarStream() = default;

void TarStream::add_file(std::string path, std::string content) {
  state_->add_file(std::move(path), std::move(content));
}

Result<std::size_t> TarStream::read(std::span<char> buffer) {
  return state_->read(buffer);
}

}  // namespace saasctl::build
