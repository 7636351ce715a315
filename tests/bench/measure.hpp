// Running a program and measuring it; statistics of what was measured.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "util/result.hpp"

namespace saasctl::bench {

struct Command {
  std::vector<std::string> words;
  std::filesystem::path folder = {};                  // empty: this one
  std::map<std::string, std::string> variables = {};  // added to this process's
};

struct Measured {
  double seconds = 0;
  double memory = 0;  // the most it held at once, in MB (10^6 bytes); its children's, when they held more
};

// Waits for the end of the program. An exit code other than 0 is an error with the last lines it wrote.
Result<Measured> measure(const Command& command);

struct Statistics {
  double median = 0;
  double least = 0;
  double most = 0;
};

// `values` is not empty.
Statistics statistics(std::vector<double> values);

}  // namespace saasctl::bench
