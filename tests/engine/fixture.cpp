// The one program of the images that the engine tests make: static, so that `FROM scratch` is enough.
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

int fail(const char* code) {
  std::puts("about to fail");
  std::fflush(stdout);
  std::fputs("the reason why\n", stderr);
  return std::atoi(code);
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

// print WORDS… | error WORDS… | size FILE | fail CODE | sleep SECONDS | user | exists FILE | count MILLISECONDS
int main(int count, char** words) {
  if (count < 2) return 64;
  const char* verb = words[1];
  if (std::strcmp(verb, "print") == 0) return print(stdout, count - 2, words + 2);
  if (std::strcmp(verb, "error") == 0) return print(stderr, count - 2, words + 2);
  if (std::strcmp(verb, "user") == 0) return std::printf("%u\n", static_cast<unsigned>(getuid())) > 0 ? 0 : 1;
  if (count < 3) return 64;
  if (std::strcmp(verb, "size") == 0) return size_of(words[2]);
  if (std::strcmp(verb, "fail") == 0) return fail(words[2]);
  if (std::strcmp(verb, "exists") == 0) return access(words[2], F_OK) == 0 ? 0 : 1;
  if (std::strcmp(verb, "count") == 0) return count_up(words[2]);
  if (std::strcmp(verb, "sleep") == 0) return sleep(static_cast<unsigned>(std::atoi(words[2]))) == 0 ? 0 : 1;
  return 64;
}
