// Connections that another program carries on its standard input and output, as ssh does.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "util/descriptor.hpp"

namespace saasctl::http {

// Each connection is one process. Safe to use from several threads. Must outlive the sockets that it has opened.
class ProgramDialer {
 public:
  // `arguments[0]` is looked up in PATH. The program gets a session of its own: it has no terminal to ask questions at,
  // and Ctrl-C is not for it.
  explicit ProgramDialer(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {}
  ProgramDialer(const ProgramDialer&) = delete;
  ProgramDialer& operator=(const ProgramDialer&) = delete;
  // Ends the programs that are left.
  ~ProgramDialer();

  // A socket, and the address that it has to be connected to (libcurl insists on connecting by itself); -1 when there
  // is none. start() then lets a program have the other end.
  int open(sockaddr& address, unsigned& length);

  // Starts the programs of the sockets that have been connected since. One that cannot be started closes its
  // connection, and said() explains.
  void start();

  // Closes the socket, and ends and reaps its program.
  void close(int socket) noexcept;

  const std::string& program() const { return arguments_.front(); }

  // The end of what the programs have written to their standard error.
  std::string said() const;

 private:
  void start_on(int socket, int other_end);

  std::vector<std::string> arguments_;
  mutable std::mutex mutex_;
  std::map<int, Descriptor> waiting_;  // by socket: where it connects to
  std::map<int, pid_t> programs_;      // by socket
  Descriptor complaints_;              // a file in memory, the standard error of all of them
  std::string failure_;                // why the last one could not be started
};

}  // namespace saasctl::http
