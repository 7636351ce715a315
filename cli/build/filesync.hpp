// Sends a folder to BuildKit, of each file only what it asks for.
// Source: moby/buildkit session/filesync/filesync.proto (FileSync/DiffCopy) and tonistiigi/fsutil types (Packet, Stat).
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "build/context.hpp"
#include "build/grpc.hpp"

namespace saasctl::build {

// Go's os.FileMode of an st_mode: permissions in the low nine bits, kinds in bits of its own (dir 1<<31, symlink
// 1<<27).
std::uint32_t go_file_mode(std::uint32_t mode);

// How a call reaches whoever serves it. Both may be empty.
struct DiffCopyHooks {
  std::function<void()> wake = {};                         // produce() has more to do, although it sent nothing
  std::function<void(const std::string& text)> warn = {};  // what the user should know of the files
};

// The call FileSync/DiffCopy: first the Stats of all entries, then the content of those requested. What can not be read
// fails the build with the reason; a file that has vanished since it was listed is sent empty, with a warning. A walk
// that takes long is done in slices, between which produce() returns without a message.
class DiffCopyCall : public grpc::Call {
 public:
  DiffCopyCall(const std::filesystem::path& root, PathFilter filter, DiffCopyHooks hooks);
  ~DiffCopyCall() override;

  void on_message(std::string_view packet) override;
  void produce() override;

 private:
  void send_stats();
  void send_stat(const Entry& entry);
  void send_content();
  bool open_next_file();
  void send_empty(const std::string& reason);
  void send_error(const std::string& message);
  void close_file();

  std::filesystem::path root_;
  Walker walker_;
  DiffCopyHooks hooks_;
  bool walked_ = false;
  bool failed_ = false;
  std::vector<std::string> paths_;       // by the id that both sides count
  std::deque<std::uint32_t> requested_;  // ids
  int file_ = -1;
  std::uint32_t file_id_ = 0;
  std::string buffer_;
};

// The call for the metadata that BuildKit sends: dir-name (a key of `folders`), followpaths, include-patterns,
// exclude-patterns, each of them escaped when NAME-encoded is true. A folder we do not offer, or a bad pattern, gives a
// call that fails.
std::unique_ptr<grpc::Call> make_diff_copy(const std::map<std::string, std::filesystem::path>& folders,
                                           const grpc::Metadata& metadata, DiffCopyHooks hooks = {});

}  // namespace saasctl::build
