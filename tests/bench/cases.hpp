// What is measured: the cases by name.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "contest.hpp"

namespace saasctl::bench {

struct Case {
  std::string name;  // for --case
  std::function<Result<std::vector<Row>>(const engine::Client& client, const Tools& tools)> run;
};

const std::vector<Case>& all_cases();

}  // namespace saasctl::bench
