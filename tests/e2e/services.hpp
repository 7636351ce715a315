// Services as stack files have them, so small that each takes a moment.
#pragma once

#include <string>

namespace saasctl::test {

// Runs `command` of the fixture program; nobody has to wait for its end. `more`: further keys, indented by four.
inline std::string service(const std::string& name, const std::string& image, const std::string& command,
                           const std::string& more = "") {
  return "  " + name + ":\n    image: " + image + "\n    pull_policy: never\n    command: " + command +
         "\n    stop_signal: SIGKILL\n" + more;
}

// Waits until it is killed.
inline std::string sleeper(const std::string& name, const std::string& image, const std::string& more = "") {
  return service(name, image, "[sleep, '3600']", more);
}

}  // namespace saasctl::test
