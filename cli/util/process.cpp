#include "util/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/process.hpp>
#include <boost/process/extend.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

#include "util/descriptor.hpp"
#include "util/wait.hpp"

namespace saasctl {
namespace {

namespace bp = boost::process;
using namespace std::chrono_literals;

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// The ends of a pipe; both close on exec, so that children started at the same time by other threads do not hold them.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("pipe2");
    reading = Descriptor(ends[0]);
    writing = Descriptor(ends[1]);
    ::fcntl(reading.get(), F_SETFL, O_NONBLOCK);
  }
  Descriptor reading;
  Descriptor writing;
};

// The child's whole input in memory: nothing to feed while it runs, and no signal when it does not read it.
Descriptor input_file(std::string_view input) {
  Descriptor file(::memfd_create("input", MFD_CLOEXEC));
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
bool drain(const Descriptor& pipe, std::string& output, std::size_t limit) {
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

  void read_output();
  bool ended();

  bp::child child_;
  Pipe output_;
  Pipe error_;
  std::size_t limit_;
  ProcessResult result_;
};

void Run::read_output() {
  if (output_.reading.get() >= 0 && !drain(output_.reading, result_.standard_output, limit_)) output_.reading.close();
  if (error_.reading.get() >= 0 && !drain(error_.reading, result_.standard_error, limit_)) error_.reading.close();
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
    read_output();
    if (gone) return std::move(result_);
    const bool expired = left == 0;
    if (!expired && !stop.stop_requested()) continue;
    std::error_code ignored;
    child_.terminate(ignored);
    if (expired) return failure(ErrorKind::timeout, fmt::format("'{}' did not end in time and was stopped", program));
    return failure(ErrorKind::interrupted, fmt::format("'{}' was interrupted", program));
  }
}

// Our own blocked and ignored signals are not for the child.
struct PlainSignals : bp::extend::handler {
  template <typename Executor>
  void on_exec_setup(Executor&) const {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
  }
};

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
                  bp::posix::fd.bind(1, output.writing.get()), bp::posix::fd.bind(2, error.writing.get()),
                  PlainSignals(), failed);
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
  boost::system::error_code unreadable;
  if (program.empty() || !boost::filesystem::exists(program, unreadable)) {
    return failure(ErrorKind::not_found, fmt::format("program '{}' was not found", arguments[0]),
                   "install it, or put its folder into PATH");
  }
  try {
    return run_at(program, arguments, options, std::move(stop));
  } catch (const std::system_error& error) {
    return failure(fmt::format("cannot run '{}': {}", arguments[0], error.what()));
  }
}

}  // namespace saasctl
