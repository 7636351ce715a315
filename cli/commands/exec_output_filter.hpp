// Standard output, looked at before it is written.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "util/descriptor.hpp"

namespace saasctl::commands {

// Whether the text is, or may become, what an engine says of a command that it could not start; it sends that on the
// command's own output.
bool may_be_start_failure(std::string_view text);

// Whether the text is what Docker writes at the end of a terminal's output when ctrl-p ctrl-q has been typed.
bool is_detach_message(std::string_view text);

// Carries what is written to a descriptor on to standard output, but for the two above, the first of which can only
// stand at the beginning and the second at the end.
class ExecOutputFilter {
 public:
  // Throws std::system_error when there are no descriptors left. The token ends a writing that nobody reads.
  explicit ExecOutputFilter(std::stop_token stop);
  ExecOutputFilter(const ExecOutputFilter&) = delete;
  ExecOutputFilter& operator=(const ExecOutputFilter&) = delete;
  ~ExecOutputFilter();

  int descriptor() const { return write_end_.get(); }
  // Waits until everything has been written; gives what was held back.
  std::string finish();

 private:
  void copy();
  bool write(std::string_view bytes) const;

  std::stop_token stop_;
  Descriptor read_end_;
  Descriptor write_end_;
  std::string held_;
  bool holding_ = true;
  std::jthread thread_;  // last: it uses what stands above
};

}  // namespace saasctl::commands
