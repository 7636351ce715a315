#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <new>

#include "commands/command_line.hpp"
#include "util/printable.hpp"

namespace {

// The number of a standard descriptor that is closed would go to the next thing opened: a signalfd read as input.
void open_standard_descriptors() {
  int descriptor = STDIN_FILENO;
  while (descriptor >= 0 && descriptor <= STDERR_FILENO) descriptor = ::open("/dev/null", O_RDWR);
  if (descriptor > STDERR_FILENO) ::close(descriptor);
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_descriptors();
  try {
    return saasctl::commands::run(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "error: out of memory\n       give saasctl more memory, or do less at once\n");
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr,
                 "error: %s\n       this is a fault of saasctl itself; please report it with the command line\n",
                 saasctl::printable_block(error.what(), 7).c_str());
    return 1;
  }
}
