#include "util/archive_stream.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <new>

namespace saasctl {

ArchiveEntry make_archive_entry() {
  ArchiveEntry entry(archive_entry_new());
  if (!entry) throw std::bad_alloc();
  return entry;
}

ArchiveStream::ArchiveStream(std::string subject) : subject_(std::move(subject)), archive_(archive_write_new()) {
  if (!archive_) throw std::bad_alloc();
  archive_write_set_format_pax_restricted(archive_.get());
  archive_write_set_bytes_per_block(archive_.get(), 0);
  archive_write_open(archive_.get(), this, nullptr, &ArchiveStream::on_write, nullptr);
}

la_ssize_t ArchiveStream::on_write(archive* target, void* self, const void* data, std::size_t size) {
  try {
    static_cast<ArchiveStream*>(self)->output_.append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
  } catch (const std::bad_alloc&) {
    archive_set_error(target, ENOMEM, "out of memory");
    return -1;
  }
}

std::unexpected<Error> ArchiveStream::broken() const {
  const char* text = archive_error_string(archive_.get());
  return failure(fmt::format("cannot make {}: {}", subject_, text != nullptr ? text : "unknown reason"));
}

Result<void> ArchiveStream::write_header(archive_entry& header) {
  if (archive_write_header(archive_.get(), &header) < ARCHIVE_WARN) return broken();
  return {};
}

Result<void> ArchiveStream::write_content(std::string_view bytes) {
  if (archive_write_data(archive_.get(), bytes.data(), bytes.size()) < 0) return broken();
  return {};
}

Result<void> ArchiveStream::close() {
  closed_ = true;
  if (archive_write_close(archive_.get()) != ARCHIVE_OK) return broken();
  return {};
}

Result<std::size_t> ArchiveStream::read(std::span<char> buffer, const std::function<Result<void>()>& advance) {
  while (taken_ == output_.size() && !closed_) {
    output_.clear();
    taken_ = 0;
    if (auto advanced = advance(); !advanced) return std::unexpected(advanced.error());
  }
  const auto count = std::string_view(output_).substr(taken_).copy(buffer.data(), buffer.size());
  taken_ += count;
  return count;
}

}  // namespace saasctl
