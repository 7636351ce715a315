// A tar archive that comes into being as it is read. Source: POSIX.1-2001, pax interchange format.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "util/result.hpp"

namespace saasctl {

struct FreeArchiveEntry {
  void operator()(archive_entry* value) const noexcept { archive_entry_free(value); }
};
using ArchiveEntry = std::unique_ptr<archive_entry, FreeArchiveEntry>;

// Throws std::bad_alloc.
ArchiveEntry make_archive_entry();

class ArchiveStream {
 public:
  // `subject` names the archive in errors: "cannot make SUBJECT: …".
  explicit ArchiveStream(std::string subject);
  ArchiveStream(const ArchiveStream&) = delete;  // the archive writes to this very object
  ArchiveStream& operator=(const ArchiveStream&) = delete;

  Result<void> write_header(archive_entry& header);
  Result<void> write_content(std::string_view bytes);
  // Nothing can be written after it.
  Result<void> close();

  // Takes from what has been written, and calls `advance`, which writes more or closes, when that is used up. The
  // number of bytes; 0 at the end of a closed archive.
  Result<std::size_t> read(std::span<char> buffer, const std::function<Result<void>()>& advance);

 private:
  struct FreeArchive {
    void operator()(archive* value) const noexcept { archive_write_free(value); }
  };

  static la_ssize_t on_write(archive* target, void* self, const void* data, std::size_t size);
  std::unexpected<Error> broken() const;

  std::string subject_;
  std::string output_;
  std::size_t taken_ = 0;
  bool closed_ = false;
  std::unique_ptr<archive, FreeArchive> archive_;  // last: writes to output_ when freed
};

}  // namespace saasctl
