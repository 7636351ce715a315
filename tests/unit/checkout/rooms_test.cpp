// The arrows between the rooms of cli/, and the one home of each library.
#include <filesystem>
#include <map>
#include <regex>
#include <set>

#include "catch.hpp"
#include "paths.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

namespace saasctl::rooms_test {

namespace fs = std::filesystem;

namespace {

struct Rooms {
  std::map<std::string, std::set<std::string>> uses;  // of each CMakeLists.txt
  std::map<std::string, std::set<std::string>> homes = {
      // of a library, by how its headers begin
      {"CLI/", {"commands"}},      {"yaml-cpp/", {"yaml"}},        {"curl/", {"util"}},
      {"boost/process", {"util"}}, {"archive", {"util", "build"}}, {"kainjow/", {"render"}},
      {"nghttp2/", {"build"}},     {"protozero/", {"build"}},      {"re2/", {"util"}},
  };
};

std::set<std::string> uses_of(const std::string& cmake) {
  static const std::regex line(R"(room\(\w+(?: USES([^)]*?))?(?: LINKS[^)]*)?\))");
  std::smatch match;
  REQUIRE(std::regex_search(cmake, match, line));
  std::set<std::string> names;
  for (const auto& name : split(match[1].str(), ' ')) {
    if (!name.empty()) names.insert(name);
  }
  return names;
}

Rooms read_rooms() {
  Rooms rooms;
  for (const auto& entry : fs::directory_iterator(SAASCTL_SOURCE_DIR "/cli")) {
    if (!entry.is_directory()) continue;
    const auto cmake = read_file(entry.path() / "CMakeLists.txt");
    REQUIRE(cmake);
    rooms.uses[entry.path().filename().string()] = uses_of(*cmake);
  }
  return rooms;
}

// What the #include lines of one file break, one sentence each.
std::vector<std::string> faults_of(const Rooms& rooms, const std::string& room, const std::string& file,
                                   const std::string& text) {
  static const std::regex include(R"re(^\s*#\s*include\s*(["<])([^">]+)[">])re");
  std::vector<std::string> faults;
  for (const auto& line : split(text, '\n')) {
    std::smatch match;
    if (!std::regex_search(line, match, include)) continue;
    const auto header = match[2].str();
    if (match[1] == "\"") {
      const auto other = header.substr(0, header.find('/'));
      const bool allowed = other == room || rooms.uses.at(room).contains(other);
      if (!rooms.uses.contains(other))
        faults.push_back(file + " includes \"" + header + "\", which is in no room");
      else if (!allowed)
        faults.push_back(file + " includes \"" + header + "\", but " + room + " does not use " + other);
      continue;
    }
    for (const auto& [library, homes] : rooms.homes) {
      if (header.starts_with(library) && !homes.contains(room))
        faults.push_back(file + " includes <" + header + ">, which is not at home in " + room);
    }
  }
  return faults;
}

}  // namespace

TEST_CASE("every #include of the tool follows an arrow between rooms") {
  const auto rooms = read_rooms();
  std::size_t files = 0;
  for (const auto& [room, uses] : rooms.uses) {
    for (const auto& entry : fs::directory_iterator(SAASCTL_SOURCE_DIR "/cli/" + room)) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
      ++files;
      const auto text = read_file(entry.path());
      REQUIRE(text);
      CHECK(join(faults_of(rooms, room, room + "/" + entry.path().filename().string(), *text), "\n") == "");
    }
  }
  CHECK(files > 100);
}

TEST_CASE("the arrows have no cycle, and the pure rooms touch neither engine nor network") {
  const auto rooms = read_rooms();
  for (const auto& [room, uses] : rooms.uses) {
    std::set<std::string> reached;
    std::vector<std::string> open(uses.begin(), uses.end());
    while (!open.empty()) {
      const auto next = open.back();
      open.pop_back();
      if (!reached.insert(next).second) continue;
      REQUIRE(rooms.uses.contains(next));
      open.insert(open.end(), rooms.uses.at(next).begin(), rooms.uses.at(next).end());
    }
    INFO(room);
    CHECK_FALSE(reached.contains(room));
  }
  for (const auto* pure : {"stack", "project", "render", "plan"}) {
    INFO(pure);
    CHECK_FALSE(rooms.uses.at(pure).contains("engine"));
    CHECK_FALSE(rooms.uses.at(pure).contains("execute"));
  }
  CHECK(rooms.uses.at("util").empty());
}

TEST_CASE("an #include against the arrows is found") {
  const auto rooms = read_rooms();
  const auto fault = [&](const std::string& room, const std::string& line) {
    return join(faults_of(rooms, room, "f.cpp", "// x\n" + line + "\n"), "");
  };
  CHECK(fault("plan", "#include \"engine/client.hpp\"") ==
        "f.cpp includes \"engine/client.hpp\", but plan does not use engine");
  CHECK(fault("util", "  #  include \"stack/stack.hpp\"") ==
        "f.cpp includes \"stack/stack.hpp\", but util does not use stack");
  CHECK(fault("render", "#include <yaml-cpp/yaml.h>") ==
        "f.cpp includes <yaml-cpp/yaml.h>, which is not at home in render");
  CHECK(fault("stack", "#include \"nowhere/x.hpp\"") == "f.cpp includes \"nowhere/x.hpp\", which is in no room");
  CHECK(fault("plan", "#include \"project/order.hpp\"").empty());
  CHECK(fault("yaml", "#include <yaml-cpp/parser.h>").empty());
}

}  // namespace saasctl::rooms_test
