#include "util/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/process.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include "util/wait.hpp"

namespace saasctl {
namespace {

namespace bp = boost::process;
using namespace std::chrono_literals;

class OwnedDescriptor {
 public:
  explicit OwnedDescriptor(int value = -1) : value_(value) {}
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~OwnedDescriptor() { close(); }
  int get() const { return value_; }
  void close() {
    if (value_ >= 0) ::close(std::exchange(value_, -1));
  }

 private:
  int value_;
};

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// The ends of a pipe; both close on exec, so that children started at the same time by other threads do not hold them.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("pipe2");
    reading = OwnedDescriptor(ends[0]);
    writing = OwnedDescriptor(ends[1]);
    ::fcntl(reading.get(), F_SETFL, O_NONBLOCK);
  }
  OwnedDescriptor reading;
  OwnedDescriptor writing;
};

// The child's whole input in memory: nothing to feed while it runs, and no signal when it does not read it.
OwnedDescriptor input_file(std::string_view input) {
  OwnedDescriptor file(::memfd_create("input", MFD_CLOEXEC));
  if (file.get() < 0) throw_errno("memfd_create");
  while (!input.empty()) {
    const auto written = ::write(file.get(), input.data(), input.size());
    if (written < 0) throw_errno("write");
    input.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::lseek(file.get(), 0, SEEK_SET) != 0) throw_errno("lseek");
  return file;
}

// Appends what is there, up to the limit; false at the end of the stream.
bool drain(const OwnedDescriptor& pipe, std::string& output, std::size_t limit) {
  std::array<char, 65536> buffer{};
  for (;;) {
    const auto count = ::read(pipe.get(), buffer.data(), buffer.size());
    if (count == 0) return false;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN;
    output.append(buffer.data(), std::min(static_cast<std::size_t>(count), limit - output.size()));
  }
}

class Run {
 public:
  Run(bp::child child, Pipe output, Pipe error, std::size_t limit)
      : child_(std::move(child)), output_(std::move(output)), error_(std::move(error)), limit_(limit) {}

  Result<ProcessResult> until_end(std::string_view program, const Deadline& deadline, const StopSignal& stop);

 private:
  // A child's own children may hold its output open after it has gone, so its end is looked for as well.
  static constexpr auto look_interval = 20ms;

  bool read_output();
  bool ended();

  bp::child child_;
  Pipe output_;
  Pipe error_;
  std::size_t limit_;
  ProcessResult result_;
};

bool Run::read_output() {
  if (output_.reading.get() >= 0 && !drain(output_.reading, result_.standard_output, limit_)) output_.reading.close();
  if (error_.reading.get() >= 0 && !drain(error_.reading, result_.standard_error, limit_)) error_.reading.close();
  return output_.reading.get() >= 0 || error_.reading.get() >= 0;
}

bool Run::ended() {
  std::error_code ignored;
  if (child_.running(ignored)) return false;
  const int status = child_.native_exit_code();
  result_.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return true;
}

Result<ProcessResult> Run::until_end(std::string_view program, const Deadline& deadline, const StopSignal& stop) {
  for (;;) {
    std::array<pollfd, 3> entries{pollfd{output_.reading.get(), POLLIN, 0}, pollfd{error_.reading.get(), POLLIN, 0},
                                  pollfd{stop.descriptor(), POLLIN, 0}};
    const int left = poll_timeout(deadline);
    const int interval = static_cast<int>(look_interval.count());
    ::poll(entries.data(), entries.size(), left < 0 ? interval : std::min(left, interval));
    const bool gone = ended();
    const bool open = read_output();
    if (gone) return std::move(result_);
    const bool expired = left == 0;
    if (!expired && !stop.stop_requested()) {
      if (!open) std::this_thread::sleep_for(1ms);
      continue;
    }
    std::error_code ignored;
    child_.terminate(ignored);
    if (expired) return failure(Fault::timeout, fmt::format("'{}' did not end in time and was stopped", program));
    return failure(Fault::interrupted, fmt::format("'{}' was interrupted", program));
  }
}

bp::environment environment_of(const ProcessOptions& options) {
  bp::environment environment = boost::this_process::environment();
  for (const auto& [name, value] : options.environment) environment[name] = value;
  return environment;
}

Result<ProcessResult> run_at(const boost::filesystem::path& program, const std::vector<std::string>& arguments,
                             const ProcessOptions& options, std::stop_token stop) {
  const StopSignal signal(std::move(stop));
  const auto input = input_file(options.input);
  Pipe output;
  Pipe error;
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  std::error_code failed;
  bp::child child(program, bp::args = rest, environment_of(options), bp::posix::fd.bind(0, input.get()),
                  bp::posix::fd.bind(1, output.writing.get()), bp::posix::fd.bind(2, error.writing.get()), failed);
  if (failed) return failure(fmt::format("cannot run '{}': {}", arguments[0], failed.message()));
  output.writing.close();
  error.writing.close();
  Run run(std::move(child), std::move(output), std::move(error), options.max_output);
  return run.until_end(arguments[0], deadline_after(options.timeout), signal);
}

}  // namespace

Result<ProcessResult> run_process(const std::vector<std::string>& arguments, const ProcessOptions& options,
                                  std::stop_token stop) {
  if (arguments.empty() || arguments[0].empty()) return failure("cannot run a program without a name");
  boost::filesystem::path program = arguments[0];
  if (arguments[0].find('/') == std::string::npos) program = bp::search_path(arguments[0]);
  if (program.empty() || !boost::filesystem::exists(program)) {
    return failure(Fault::not_found, fmt::format("there is no program '{}'", arguments[0]),
                   "install it, or put its folder into PATH");
  }
  try {
    return run_at(program, arguments, options, std::move(stop));
  } catch (const std::system_error& error) {
    return failure(fmt::format("cannot run '{}': {}", arguments[0], error.what()));
  }
}

}  // namespace saasctl
