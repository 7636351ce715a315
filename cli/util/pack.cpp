#include "util/pack.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>

#include "util/archive_stream.hpp"
#include "util/descriptor.hpp"

namespace saasctl {
namespace {

std::unexpected<Error> unreadable(const std::filesystem::path& path) {
  return failure(fmt::format("cannot read {}: {}", path.string(), std::strerror(errno)));
}

}  // namespace

class Pack::State {
 public:
  explicit State(PackOptions options) : options_(options) {}

  void add(std::filesystem::path path, std::string name, bool whole) {
    items_.push_back({std::move(path), std::move(name), whole});
  }

  Result<std::size_t> read(std::span<char> buffer) {
    return archive_.read(buffer, [this] { return advance(); });
  }

 private:
  struct Item {
    std::filesystem::path path;
    std::string name;
    bool whole;  // with what a folder holds
  };

  Result<void> advance() {
    if (left_ > 0) return write_piece();
    if (items_.empty()) return archive_.close();
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
    file_ = Descriptor(::open(item.path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status {};
    if (!file_ && errno == ENOENT) return {};
    if (!file_ || ::fstat(file_.get(), &status) != 0) return unreadable(item.path);
    if (!S_ISREG(status.st_mode)) return {};  // it was one a moment ago
    left_ = status.st_size;
    file_path_ = item.path;
    return write_header(item, status);
  }

  Result<void> write_header(const Item& item, const struct stat& status) {
    const auto header = make_archive_entry();
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
    return archive_.write_header(*header);
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
    return archive_.write_content({buffer.data(), static_cast<std::size_t>(count)});
  }

  PackOptions options_;
  std::deque<Item> items_;
  ArchiveStream archive_{"the archive"};
  Descriptor file_;
  std::filesystem::path file_path_;
  std::int64_t left_ = 0;  // bytes that the header has promised
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
