// A stack of a test's own: a folder, a project name, and nothing left behind.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <set>

#include "engine/exec.hpp"
#include "engine/networks.hpp"
#include "engine/volumes.hpp"
#include "paths.hpp"
#include "plan/labels.hpp"
#include "real_engine.hpp"
#include "tool.hpp"

namespace saasctl::test {

// A port of 127.0.0.1 that nobody uses now.
inline std::uint16_t free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound = ::bind(listener, generic, length) == 0 && ::getsockname(listener, generic, &length) == 0;
  ::close(listener);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Replaces what must be there.
inline void replace_in(const std::filesystem::path& path, const std::string& from, const std::string& to) {
  auto text = text_of(path);
  const auto at = text.find(from);
  if (at == std::string::npos) FAIL(path.string() + " has no '" + from + "'");
  write_file(path, text.replace(at, from.size(), to));
}

// An image with the fixture program, under a name of the test's own; removed at the end.
class FixtureImage {
 public:
  explicit FixtureImage(const engine::Client& client, const std::string& name = "fixture") : image_(client, name) {
    const Context context("FROM scratch\nCOPY fixture /fixture\nENTRYPOINT [\"/fixture\"]\n");
    const auto built = build::build_image(client, {.tags = {image_.text()}, .context = context.path()}, {}, {});
    if (!built) FAIL(built.error().message);
  }
  const std::string& text() const { return image_.text(); }

 private:
  ImageName image_;
};

// Everything with the project's label is removed at the end, whatever the test did.
class Stack {
 public:
  explicit Stack(const engine::Client& client, const std::string& name = "stack")
      : client_(client), project_("saas-test-" + std::to_string(::getpid()) + "-" + name) {}
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  ~Stack() { remove_all(); }

  const engine::Client& client() const { return client_; }
  const std::string& project() const { return project_; }
  const std::filesystem::path& folder() const { return folder_.path(); }
  std::filesystem::path file() const { return folder() / "stack.yaml"; }
  Variables& variables() { return variables_; }
  const Variables& variables() const { return variables_; }

  void write(const std::string& stack_file) const { write_file(file(), stack_file); }

  std::vector<std::string> arguments(std::vector<std::string> verb) const {
    const std::vector<std::string> head{"-f", file().string(), "-p", project_, "--progress", "plain"};
    verb.insert(verb.begin(), head.begin(), head.end());
    return verb;
  }
  Outcome run(const std::vector<std::string>& verb) const { return run_tool(arguments(verb), variables_); }
  RunningTool start(const std::vector<std::string>& verb, const std::filesystem::path& output = "/dev/null",
                    const std::filesystem::path& messages = "/dev/null") const {
    return {arguments(verb), variables_, output, messages};
  }
  // With nothing but the project's name, in a folder without a stack file.
  Outcome run_without_file(std::vector<std::string> verb) const {
    const TemporaryFolder empty;
    return run_in(empty.path(), std::move(verb));
  }
  Outcome run_in(const std::filesystem::path& folder, std::vector<std::string> verb) const {
    const std::vector<std::string> head{
        "sh",         "-c",   "cd \"$0\" && exec \"$@\"", folder.string(), SAASCTL_PROGRAM, "-p", project_,
        "--progress", "plain"};
    verb.insert(verb.begin(), head.begin(), head.end());
    ProcessOptions options;
    options.timeout = std::chrono::minutes(2);
    auto result = run_process(verb, options, {});
    if (!result) FAIL(result.error().message);
    return {result->exit_code, std::move(result->standard_output), std::move(result->standard_error)};
  }

  // Fails the test with what the tool said when it does not exit with 0.
  Outcome must(const std::vector<std::string>& verb) const {
    auto outcome = run(verb);
    INFO(outcome.out << outcome.err);
    REQUIRE(outcome.exit_code == 0);
    return outcome;
  }

  std::string label() const { return std::string(plan::label::project) + "=" + project_; }

  std::vector<engine::ContainerSummary> containers() const {
    auto list = engine::list_containers(client_, {label()}, {});
    if (!list) FAIL(list.error().message);
    return std::move(*list);
  }

  // Fails the test when there is no such container.
  engine::Container container(const std::string& service) const {
    auto found = engine::inspect_container(client_, project_ + "-" + service + "-1", {});
    if (!found) FAIL(found.error().message);
    return std::move(*found);
  }

  // What a command in the service's container writes.
  std::string said_in(const std::string& service, const std::vector<std::string>& words) const {
    const auto result = engine::exec_run(client_, container(service).id, words, {}, {});
    if (!result) FAIL(result.error().message);
    return result->standard_output;
  }

  // Service to container id.
  std::map<std::string, std::string> ids() const {
    std::map<std::string, std::string> ids;
    for (const auto& container : containers())
      ids[container.labels.at(std::string(plan::label::service))] = container.id;
    return ids;
  }

  std::set<std::string> healthy() const {
    std::set<std::string> names;
    for (const auto& container : containers()) {
      if (container.status.find("(healthy)") != std::string::npos)
        names.insert(container.labels.at(std::string(plan::label::service)));
    }
    return names;
  }

  std::set<std::string> volumes() const {
    std::set<std::string> names;
    const auto list = engine::list_volumes(client_, {}, {});
    if (!list) FAIL(list.error().message);
    for (const auto& volume : *list) {
      if (volume.name.starts_with(project_ + "_")) names.insert(volume.name);
    }
    return names;
  }

  std::set<std::string> networks() const {
    std::set<std::string> names;
    const auto list = engine::list_networks(client_, {label()}, {});
    if (!list) FAIL(list.error().message);
    for (const auto& network : *list) names.insert(network.name);
    return names;
  }

  // Nothing may throw or fail here: it runs while a failed test unwinds.
  void remove_all() const {
    if (const auto list = engine::list_containers(client_, {label()}, {})) {
      for (const auto& one : *list)
        static_cast<void>(engine::remove_container(client_, one.id, {.force = true, .volumes = true}, {}));
    }
    if (const auto list = engine::list_networks(client_, {label()}, {})) {
      for (const auto& one : *list) static_cast<void>(engine::remove_network(client_, one.id, {}));
    }
    if (const auto list = engine::list_volumes(client_, {}, {})) {
      for (const auto& one : *list) {
        if (one.name.starts_with(project_ + "_")) static_cast<void>(engine::remove_volume(client_, one.name, true, {}));
      }
    }
    if (const auto list = engine::list_images(client_, {}, {})) {
      for (const auto& one : *list) {
        for (const auto& tag : one.tags) {
          if (tag.starts_with(project_ + "-")) static_cast<void>(engine::remove_image(client_, tag, false, {}));
        }
      }
    }
  }

 private:
  const engine::Client& client_;
  std::string project_;
  TemporaryFolder folder_;
  Variables variables_;
};

}  // namespace saasctl::test
