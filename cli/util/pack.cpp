#include "util/pack.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <new>

#include "util/descriptor.hpp"

namespace saasctl {
namespace {

struct FreeArchive {
  void operator()(archive* value) const noexcept { archive_write_free(value); }
};
struct FreeEntry {
  void operator()(archive_entry* value) const noexcept { archive_entry_free(value); }
};

std::unexpected<Error> unreadable(const std::filesystem::path& path) {
  return failure(fmt::format("cannot read {}: {}", path.string(), std::strerror(errno)));
}

}  // namespace

class Pack::State {
 public:
  explicit State(PackOptions options) : options_(options), archive_(archive_write_new()) {
    if (!archive_) throw std::bad_alloc();
    archive_write_set_format_pax_restricted(archive_.get());
    archive_write_set_bytes_per_block(archive_.get(), 0);
    archive_write_open(archive_.get(), this, nullptr, &State::on_write, nullptr);
  }

  void add(std::filesystem::path path, std::string name, bool whole) {
    items_.push_back({std::move(path), std::move(name), whole});
  }

  Result<std::size_t> read(std::span<char> buffer) {
    while (taken_ == output_.size() && !ended_) {
      output_.clear();
      taken_ = 0;
      if (auto advanced = advance(); !advanced) return std::unexpected(advanced.error());
    }
    const auto count = std::string_view(output_).substr(taken_).copy(buffer.data(), buffer.size());
    taken_ += count;
    return count;
  }

 private:
  struct Item {
    std::filesystem::path path;
    std::string name;
    bool whole;  // with what a folder holds
  };

  static la_ssize_t on_write(archive* target, void* self, const void* data, std::size_t size) {
    try {
      static_cast<State*>(self)->output_.append(static_cast<const char*>(data), size);
      return static_cast<la_ssize_t>(size);
    } catch (const std::bad_alloc&) {
      archive_set_error(target, ENOMEM, "out of memory");
      return -1;
    }
  }

  std::unexpected<Error> archive_failure() const {
    const char* text = archive_error_string(archive_.get());
    return failure(fmt::format("cannot make the archive: {}", text != nullptr ? text : "unknown reason"));
  }

  Result<void> advance() {
    if (left_ > 0) return write_piece();
    if (items_.empty()) {
      ended_ = true;
      if (archive_write_close(archive_.get()) != ARCHIVE_OK) return archive_failure();
      return {};
    }
    const auto item = std::move(items_.front());
    items_.pop_front();
    return begin(item);
  }

  Result<void> begin(const Item& item) {
    struct stat status {};
    if (::lstat(item.path.c_str(), &status) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return {};
      return unreadable(item.path);
    }
    if (S_ISDIR(status.st_mode)) return begin_folder(item, status);
    if (S_ISREG(status.st_mode)) return begin_file(item, status);
    if (S_ISLNK(status.st_mode)) return write_header(item, status);
    return {};
  }

  Result<void> begin_folder(const Item& item, const struct stat& status) {
    if (item.whole) {
      std::error_code error;
      std::vector<Item> inner;
      for (auto at = std::filesystem::directory_iterator(item.path, error);
           !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
        const auto name = at->path().filename().string();
        inner.push_back({at->path(), item.name.empty() ? name : item.name + "/" + name, true});
      }
      if (error) return failure(fmt::format("cannot read {}: {}", item.path.string(), error.message()));
      std::ranges::sort(inner, {}, &Item::name);
      items_.insert(items_.begin(), inner.begin(), inner.end());
    }
    return item.name.empty() ? Result<void>() : write_header(item, status);
  }

  Result<void> begin_file(const Item& item, const struct stat&) {
    file_ = Descriptor(::open(item.path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!file_ && errno == ENOENT) return {};
    if (!file_ || ::fstat(file_.get(), &status) != 0) return unreadable(item.path);
    left_ = status.st_size;
    file_path_ = item.path;
    return write_header(item, status);
  }

  Result<void> write_header(const Item& item, const struct stat& status) {
    const std::unique_ptr<archive_entry, FreeEntry> header(archive_entry_new());
    if (!header) throw std::bad_alloc();
    archive_entry_copy_stat(header.get(), &status);
    archive_entry_set_pathname(header.get(), item.name.c_str());
    archive_entry_set_nlink(header.get(), 1);
    if (!S_ISREG(status.st_mode)) archive_entry_set_size(header.get(), 0);
    if (!options_.owners) {
      archive_entry_set_uid(header.get(), 0);
      archive_entry_set_gid(header.get(), 0);
    }
    if (S_ISLNK(status.st_mode)) {
      std::error_code error;
      const auto target = std::filesystem::read_symlink(item.path, error);
      if (error) return failure(fmt::format("cannot read {}: {}", item.path.string(), error.message()));
      archive_entry_set_symlink(header.get(), target.c_str());
    }
    if (archive_write_header(archive_.get(), header.get()) < ARCHIVE_WARN) return archive_failure();
    return {};
  }

  Result<void> write_piece() {
    std::array<char, 65536> buffer;
    const auto wanted = std::min<std::int64_t>(left_, static_cast<std::int64_t>(buffer.size()));
    const auto count = ::read(file_.get(), buffer.data(), static_cast<std::size_t>(wanted));
    if (count < 0 && errno == EINTR) return {};
    if (count < 0) return unreadable(file_path_);
    if (count == 0)
      return failure(fmt::format("{} became shorter while it was read", file_path_.string()), "try again");
    left_ -= count;
    if (archive_write_data(archive_.get(), buffer.data(), static_cast<std::size_t>(count)) < 0)
      return archive_failure();
    return {};
  }

  PackOptions options_;
  std::deque<Item> items_;
  std::string output_;
  std::size_t taken_ = 0;
  bool ended_ = false;
  Descriptor file_;
  std::filesystem::path file_path_;
  std::int64_t left_ = 0;                          // bytes that the header has promised
  std::unique_ptr<archive, FreeArchive> archive_;  // last: writes to output_ when freed
};

Pack::Pack(PackOptions options) : state_(std::make_unique<State>(options)) {}
Pack::Pack(Pack&&) noexcept = default;
Pack& Pack::operator=(Pack&&) noexcept = default;
Pack::~Pack() = default;

void Pack::add(std::filesystem::path path, std::string name) {
  state_->add(std::move(path), std::move(name), true);
}

void Pack::add_alone(std::filesystem::path path, std::string name) {
  state_->add(std::move(path), std::move(name), false);
}

Result<std::size_t> Pack::read(std::span<char> buffer) {
  return state_->read(buffer);
}

}  // namespace saasctl
