#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "catch.hpp"
#include "commands/project_lock.hpp"
#include "temporary_folder.hpp"
#include "util/file.hpp"
#include "util/lock.hpp"

namespace saasctl::lock_test {

TEST_CASE("a lock has one holder, says who, and is free when that one lets go") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "lock";
  {
    const auto mine = FileLock::try_take(path, "saasctl up (process 1)");
    REQUIRE(mine);
    const auto other = FileLock::try_take(path, "another");
    REQUIRE_FALSE(other);
    CHECK(other.error().kind == ErrorKind::conflict);
    CHECK(other.error().message == "saasctl up (process 1)");
  }
  CHECK(FileLock::try_take(path, "another"));
}

TEST_CASE("a lock keeps the number of changes, also over a holder that does not end it well") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "lock";
  {
    auto lock = FileLock::try_take(path, "somebody");
    REQUIRE(lock);
    CHECK(lock->number() == 0);
    lock->count();
    lock->count();
    CHECK(lock->number() == 2);
    CHECK(*read_file(path) == "2\nsomebody\n");
  }
  CHECK(FileLock::try_take(path, "another")->number() == 2);
  std::filesystem::remove(path);
  CHECK(FileLock::try_take(path, "another")->number() == 0);
}

TEST_CASE("the file of an earlier version, which has no number, is a lock with no changes yet") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "lock";
  REQUIRE(write_file_atomic(path, "saasctl up (process 1)"));
  const auto lock = FileLock::try_take(path, "another");
  REQUIRE(lock);
  CHECK(lock->number() == 0);
}

TEST_CASE("a turn notices that another command has changed the project while it was given back") {
  const TemporaryFolder folder;
  const yaml::Variables environment{{"XDG_RUNTIME_DIR", folder.path().string()}};
  const commands::GlobalOptions options;
  const terminal::Terminal terminal({terminal::ProgressMode::quiet, false});
  const commands::Session session{options, environment, terminal, {}};
  engine::Endpoint endpoint;
  endpoint.host = "unix:///a";
  commands::ProjectTurn turn(session, endpoint, "p", "up", std::chrono::seconds(1));
  const auto overtaken = turn.begin();
  REQUIRE(overtaken);
  CHECK_FALSE(*overtaken);
  turn.give_back();
  CHECK(turn.take({}));
  turn.give_back();
  const auto path = commands::lock_path(environment, endpoint, "p");
  { REQUIRE(FileLock::try_take(path, "saasctl up (process 1), which only looks")); }
  CHECK(turn.take({}));
  turn.give_back();
  {
    auto other = FileLock::try_take(path, "saasctl run (process 1)");
    REQUIRE(other);
    other->count();
  }
  const auto taken = turn.take({});
  REQUIRE_FALSE(taken);
  CHECK(taken.error().kind == ErrorKind::conflict);
  CHECK(*turn.begin());
  CHECK_FALSE(*turn.begin());
  CHECK(turn.take({}));
}

TEST_CASE("a lock goes with a holder that is killed") {
  const TemporaryFolder folder;
  const auto path = (folder.path() / "lock").string();
  std::array<int, 2> ready{};
  REQUIRE(::pipe(ready.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = FileLock::try_take(path, "the child");
    const char byte = lock ? '1' : '0';
    if (::write(ready[1], &byte, 1) != 1) _exit(1);
    for (;;) ::pause();
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  CHECK(byte == '1');
  CHECK_FALSE(FileLock::try_take(path, "the parent"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  CHECK(FileLock::try_take(path, "the parent"));
}

TEST_CASE("the lock of a project is that of its engine and its user") {
  const TemporaryFolder folder;
  const auto path = [&](const std::string& runtime, const std::string& host, const std::string& project) {
    engine::Endpoint endpoint;
    endpoint.host = host;
    return commands::lock_path({{"XDG_RUNTIME_DIR", runtime}}, endpoint, project);
  };
  const auto here = folder.path().string();
  CHECK(path(here, "unix:///a", "p").parent_path() == folder.path());
  CHECK(path(here, "unix:///a", "p") == path(here, "unix:///a", "p"));
  CHECK(path(here, "unix:///a", "p") != path(here, "unix:///b", "p"));
  CHECK(path(here, "unix:///a", "p") != path(here, "unix:///a", "q"));
  CHECK(path(here + "/missing", "unix:///a", "p").filename().string().find(std::to_string(::getuid())) !=
        std::string::npos);
}

}  // namespace saasctl::lock_test
