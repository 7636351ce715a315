// What tests against a real engine share: the engine, an image of their own, names that are theirs alone, cleaning up.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "build/build.hpp"
#include "catch.hpp"
#include "engine/client.hpp"
#include "engine/containers.hpp"
#include "engine/images.hpp"
#include "local_server.hpp"
#include "paths.hpp"
#include "temporary_folder.hpp"

namespace saasctl::test {

inline engine::Environment process_environment() {
  engine::Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string::npos) environment[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return environment;
}

// Fails the test with the engine's words when there is none.
inline engine::Client real_engine() {
  auto endpoint = engine::resolve_endpoint({}, process_environment());
  if (!endpoint) FAIL(endpoint.error().message);
  auto client = engine::Client::connect(*endpoint, {});
  if (!client) FAIL(client.error().message);
  return std::move(*client);
}

// "saasctl-test-PID-NAME": tests of several checkouts may run at once.
inline std::string unique_name(const std::string& name) {
  return "saasctl-test-" + std::to_string(::getpid()) + "-" + name;
}

inline void write_file(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

// A build context with the fixture program in it.
class Context {
 public:
  explicit Context(const std::string& dockerfile) {
    std::filesystem::copy_file(SAASCTL_FIXTURE, path() / "fixture");
    write_file(path() / "Dockerfile", dockerfile);
  }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

// Removes an image at the end of a test; one that was never made is fine.
class ImageName {
 public:
  ImageName(const engine::Client& client, const std::string& name)
      : client_(client), name_(unique_name(name) + ":latest") {}
  ImageName(const ImageName&) = delete;
  ImageName& operator=(const ImageName&) = delete;
  ~ImageName() { static_cast<void>(engine::remove_image(client_, name_, true, {})); }
  const std::string& text() const { return name_; }

 private:
  const engine::Client& client_;
  std::string name_;
};

// Removes a container at the end of a test.
class ContainerName {
 public:
  ContainerName(const engine::Client& client, const std::string& name) : client_(client), name_(unique_name(name)) {}
  ContainerName(const ContainerName&) = delete;
  ContainerName& operator=(const ContainerName&) = delete;
  ~ContainerName() {
    static_cast<void>(engine::remove_container(client_, name_, {.force = true, .volumes = true}, {}));
  }
  const std::string& text() const { return name_; }

 private:
  const engine::Client& client_;
  std::string name_;
};

}  // namespace saasctl::test
