#include "util/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <memory>

namespace saasctl {
namespace {

struct Close {
  void operator()(archive* a) const { archive_write_free(a); }
  void operator()(archive_entry* e) const { archive_entry_free(e); }
};

la_ssize_t append(archive*, void* out, const void* bytes, size_t count) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), count);
  return static_cast<la_ssize_t>(count);
}

}  // namespace

Result<std::string> make_archive(const std::vector<ArchiveFile>& files) {
  std::string out;
  const std::unique_ptr<archive, Close> writer(archive_write_new());
  const auto failed = [&] {
    return failure(fmt::format("cannot make an archive: {}", archive_error_string(writer.get())));
  };
  archive_write_set_format_ustar(writer.get());
  if (archive_write_open(writer.get(), &out, nullptr, append, nullptr) != ARCHIVE_OK) return failed();
  for (const auto& file : files) {
    const std::unique_ptr<archive_entry, Close> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), file.name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), static_cast<mode_t>(file.mode));
    archive_entry_set_uid(entry.get(), file.uid);
    archive_entry_set_gid(entry.get(), file.gid);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.content.size()));
    if (archive_write_header(writer.get(), entry.get()) != ARCHIVE_OK) return failed();
    if (archive_write_data(writer.get(), file.content.data(), file.content.size()) < 0) return failed();
  }
  if (archive_write_close(writer.get()) != ARCHIVE_OK) return failed();
  return out;
}

}  // namespace saasctl
