#include "build/tar.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>
#include <vector>

namespace saasctl::build {
namespace {

struct ArchiveDeleter {
  void operator()(archive* value) const noexcept { archive_write_free(value); }
};
struct EntryDeleter {
  void operator()(archive_entry* value) const noexcept { archive_entry_free(value); }
};

constexpr std::uint32_t regular_file = S_IFREG | 0644;

}  // namespace

class TarStream::State {
 public:
  State(std::filesystem::path root, PathFilter filter);

  void add_file(std::string path, std::string content) { added_.emplace_back(std::move(path), std::move(content)); }
  Result<std::size_t> read(std::span<char> buffer);

 private:
  static la_ssize_t on_write(archive*, void* self, const void* data, std::size_t size);

  Result<void> advance();
  Result<void> write_header(const Entry& entry);
  Result<void> write_content(std::string_view bytes);
  Result<void> write_added();
  Result<void> begin_entry();
  Result<void> write_file_piece();
  std::unexpected<Error> archive_failure() const;

  std::filesystem::path root_;
  Walker walker_;
  std::vector<std::pair<std::string, std::string>> added_;  // path and content
  std::string output_;
  std::size_t taken_ = 0;
  bool ended_ = false;
  std::ifstream file_;
  std::string file_path_;
  std::int64_t file_left_ = 0;                        // bytes the header has promised
  std::unique_ptr<archive, ArchiveDeleter> archive_;  // last: writes to output_ when freed
};

TarStream::State::State(std::filesystem::path root, PathFilter filter)
    : root_(root), walker_(std::move(root), std::move(filter)), archive_(archive_write_new()) {
  if (!archive_) throw std::bad_alloc();
  archive_write_set_format_pax_restricted(archive_.get());
  archive_write_set_bytes_per_block(archive_.get(), 0);
  archive_write_open(archive_.get(), this, nullptr, &State::on_write, nullptr);
}

la_ssize_t TarStream::State::on_write(archive* target, void* self, const void* data, std::size_t size) {
  try {
    static_cast<State*>(self)->output_.append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
  } catch (const std::bad_alloc&) {
    archive_set_error(target, ENOMEM, "out of memory");
    return -1;
  }
}

std::unexpected<Error> TarStream::State::archive_failure() const {
  const char* text = archive_error_string(archive_.get());
  return failure(fmt::format("cannot pack the build context: {}", text != nullptr ? text : "unknown reason"));
}

Result<std::size_t> TarStream::State::read(std::span<char> buffer) {
  while (taken_ == output_.size() && !ended_) {
    output_.clear();
    taken_ = 0;
    if (auto advanced = advance(); !advanced) return std::unexpected(advanced.error());
  }
  const auto count = std::string_view(output_).substr(taken_).copy(buffer.data(), buffer.size());
  taken_ += count;
  return count;
}

Result<void> TarStream::State::advance() {
  if (file_left_ > 0) return write_file_piece();
  if (!added_.empty()) return write_added();
  return begin_entry();
}

Result<void> TarStream::State::write_header(const Entry& entry) {
  const std::unique_ptr<archive_entry, EntryDeleter> header(archive_entry_new());
  if (!header) throw std::bad_alloc();
  archive_entry_set_pathname(header.get(), entry.path.c_str());
  archive_entry_set_mode(header.get(), static_cast<mode_t>(entry.mode));
  archive_entry_set_size(header.get(), entry.size);
  archive_entry_set_mtime(header.get(), entry.modified_ns / 1'000'000'000, 0);
  if (entry.is_link()) archive_entry_set_symlink(header.get(), entry.link.c_str());
  if (archive_write_header(archive_.get(), header.get()) < ARCHIVE_WARN) return archive_failure();
  return {};
}

Result<void> TarStream::State::write_content(std::string_view bytes) {
  if (archive_write_data(archive_.get(), bytes.data(), bytes.size()) < 0) return archive_failure();
  return {};
}

Result<void> TarStream::State::write_added() {
  const auto [path, content] = std::move(added_.front());
  added_.erase(added_.begin());
  const Entry entry{.path = path,
                    .mode = regular_file,
                    .size = static_cast<std::int64_t>(content.size()),
                    .modified_ns = 0,
                    .link = {}};
  if (auto header = write_header(entry); !header) return header;
  return write_content(content);
}

Result<void> TarStream::State::begin_entry() {
  auto entry = walker_.next();
  if (!entry) return std::unexpected(std::move(entry.error()));
  if (!*entry) {
    ended_ = true;
    if (archive_write_close(archive_.get()) != ARCHIVE_OK) return archive_failure();
    return {};
  }
  if ((*entry)->is_file()) {
    file_path_ = (root_ / (*entry)->path).string();
    file_ = std::ifstream(file_path_, std::ios::binary);
    if (!file_) return failure(fmt::format("cannot read {}: {}", file_path_, std::strerror(errno)));
    file_left_ = (*entry)->size;
  }
  return write_header(**entry);
}

Result<void> TarStream::State::write_file_piece() {
  std::array<char, 65536> buffer{};
  file_.read(buffer.data(), std::min<std::int64_t>(file_left_, buffer.size()));
  const auto count = file_.gcount();
  if (count == 0) return failure(fmt::format("{} became shorter while it was read", file_path_), "try again");
  file_left_ -= count;
  return write_content({buffer.data(), static_cast<std::size_t>(count)});
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
