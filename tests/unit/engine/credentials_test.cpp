// What Docker's configuration may and may not make us do.
#include "engine/auth.hpp"

#include <sys/stat.h>

#include "catch.hpp"
#include "temporary_folder.hpp"
#include "util/file.hpp"

namespace saasctl::credentials_test {

using namespace saasctl::engine;

TEST_CASE("credentials: a helper's name is no path") {
  const TemporaryFolder folder;
  for (const std::string name : {"../evil", "/bin/sh", "a/b", "a\\nb"}) {
    for (const auto& text :
         {"{\"credsStore\":\"" + name + "\"}", "{\"credHelpers\":{\"r.example\":\"" + name + "\"}}"}) {
      INFO(text);
      REQUIRE(write_file_atomic(folder.path() / "config.json", text));
      const auto found = registry_credentials(folder.path(), "r.example", {});
      REQUIRE_FALSE(found);
      CHECK(found.error().message.find("in Docker's config.json is not the name of a credential helper") !=
            std::string::npos);
    }
  }
}

TEST_CASE("credentials: a configuration that is no file or has no end is an error with the reason") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "config.json";
  const auto message = [&] { return registry_credentials(folder.path(), "r.example", {}).error().message; };
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK(message() == "cannot read " + path.string() + ": it is a pipe");
  std::filesystem::remove(path);
  std::filesystem::create_symlink("/dev/zero", path);
  CHECK(message() == "cannot read " + path.string() + ": it is larger than 16 MiB, the limit for Docker's config.json");
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  CHECK(message() == "cannot read " + path.string() + ": it is a folder");
}

}  // namespace saasctl::credentials_test
