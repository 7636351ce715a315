// The one program of the images that the engine tests make: static, so that `FROM scratch` is enough.
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

int print(FILE* to, int count, char** words) {
  for (int i = 0; i < count; ++i) std::fprintf(to, "%s%s", i > 0 ? " " : "", words[i]);
  std::fputc('\n', to);
  return 0;
}

int size_of(const char* path) {
  FILE* file = std::fopen(path, "rb");
  if (file == nullptr) return 66;
  long size = 0;
  while (std::fgetc(file) != EOF) ++size;
  std::fclose(file);
  std::printf("%ld bytes\n", size);
  return 0;
}

// "uid:gid mode" of a file.
int owner_of(const char* path) {
  struct stat file {};
  if (stat(path, &file) != 0) return 66;
  return std::printf("%u:%u %o\n", file.st_uid, file.st_gid, file.st_mode & 07777U) > 0 ? 0 : 1;
}

int links_of(const char* path) {
  struct stat file {};
  if (stat(path, &file) != 0) return 66;
  return std::printf("%lu links\n", static_cast<unsigned long>(file.st_nlink)) > 0 ? 0 : 1;
}

int fail(const char* code) {
  std::puts("about to fail");
  std::fflush(stdout);
  std::fputs("the reason why\n", stderr);
  return std::atoi(code);
}

// Everything from one descriptor that is there; false at its end.
bool pass(int from, int to) {
  static char buffer[65536];
  const auto count = read(from, buffer, sizeof buffer);
  if (count <= 0) return false;
  for (ssize_t done = 0; done < count;) {
    const auto written = write(to, buffer + done, static_cast<size_t>(count - done));
    if (written <= 0) return false;
    done += written;
  }
  return true;
}

// What `docker system dial-stdio` does: the streams are a unix socket's.
int dial(const char* path) {
  const int peer = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  if (connect(peer, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 66;
  bool input = true;
  for (;;) {
    pollfd entries[] = {{input ? STDIN_FILENO : -1, POLLIN, 0}, {peer, POLLIN, 0}};
    if (poll(entries, 2, -1) < 0) return 1;
    if (entries[0].revents != 0 && !pass(STDIN_FILENO, peer)) {
      input = false;
      shutdown(peer, SHUT_WR);
    }
    if (entries[1].revents != 0 && !pass(peer, STDOUT_FILENO)) return 0;
  }
}

// Asks an SSH agent to remove all keys (19) and to list them (11), and prints the numbers of its answers.
int agent(const char* path) {
  const int peer = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  if (connect(peer, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 66;
  unsigned char answers[2] = {};
  const unsigned char requests[2] = {19, 11};
  for (int i = 0; i < 2; ++i) {
    const unsigned char request[5] = {0, 0, 0, 1, requests[i]};
    if (write(peer, request, sizeof request) != sizeof request) return 67;
    unsigned char head[5] = {};
    for (ssize_t got = 0; got < 5;) {
      const auto count = read(peer, head + got, sizeof head - static_cast<size_t>(got));
      if (count <= 0) return 68;
      got += count;
    }
    answers[i] = head[4];
  }
  std::printf("removing all: %d, listing: %d\n", answers[0], answers[1]);
  return 0;
}

int copy() {
  while (pass(STDIN_FILENO, STDOUT_FILENO)) continue;
  return 0;
}

int show(const char* path) {
  FILE* file = std::fopen(path, "rb");
  if (file == nullptr) return 66;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) std::putchar(c);
  return std::fclose(file);
}

int touch(const char* path) {
  FILE* file = std::fopen(path, "ab");
  return file != nullptr && std::fclose(file) == 0 ? 0 : 66;
}

// Numbered lines, those of one run under one name, without end.
int count_up(const char* milliseconds) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const timespec pause{0, std::atol(milliseconds) * 1'000'000};
  for (long i = 0;; ++i) {
    std::printf("run %ld line %ld\n", now.tv_sec * 1000 + now.tv_nsec / 1'000'000, i);
    std::fflush(stdout);
    nanosleep(&pause, nullptr);
  }
}

}  // namespace

// print WORDS… | error WORDS… | size FILE | fail CODE | sleep SECONDS | user | exists FILE | touch FILE | owner FILE |
// copy | dial SOCKET | count MILLISECONDS | show FILE | links FILE | agent SOCKET
int main(int count, char** words) {
  if (count < 2) return 64;
  const char* verb = words[1];
  if (std::strcmp(verb, "print") == 0) return print(stdout, count - 2, words + 2);
  if (std::strcmp(verb, "error") == 0) return print(stderr, count - 2, words + 2);
  if (std::strcmp(verb, "user") == 0) return std::printf("%u\n", static_cast<unsigned>(getuid())) > 0 ? 0 : 1;
  if (std::strcmp(verb, "copy") == 0) return copy();
  if (count < 3) return 64;
  if (std::strcmp(verb, "dial") == 0) return dial(words[2]);
  if (std::strcmp(verb, "agent") == 0) return agent(words[2]);
  if (std::strcmp(verb, "links") == 0) return links_of(words[2]);
  if (std::strcmp(verb, "show") == 0) return show(words[2]);
  if (std::strcmp(verb, "size") == 0) return size_of(words[2]);
  if (std::strcmp(verb, "owner") == 0) return owner_of(words[2]);
  if (std::strcmp(verb, "fail") == 0) return fail(words[2]);
  if (std::strcmp(verb, "exists") == 0) return access(words[2], F_OK) == 0 ? 0 : 1;
  if (std::strcmp(verb, "touch") == 0) return touch(words[2]);
  if (std::strcmp(verb, "count") == 0) return count_up(words[2]);
  if (std::strcmp(verb, "sleep") == 0) return sleep(static_cast<unsigned>(std::atoi(words[2]))) == 0 ? 0 : 1;
  if (std::strcmp(verb, "end") == 0) return sleep(static_cast<unsigned>(std::atoi(words[2]))) == 0 ? 5 : 1;
  return 64;
}
