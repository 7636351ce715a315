#include <cstdio>
#include <exception>

#include "commands/run.hpp"

int main(int argc, char** argv) {
  try {
    return saasctl::commands::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr,
                 "error: %s\n       this is a fault of saasctl itself; please report it with the command line\n",
                 error.what());
    return 1;
  }
}
