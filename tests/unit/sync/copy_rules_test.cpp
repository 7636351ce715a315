// docker cp's rules, one by one. Source: docker/cli, container_cp.md, "Description".
#include "sync/copy_rules.hpp"

#include "catch.hpp"

namespace saasctl::copy_rules_test {

using namespace saasctl::sync;

namespace {

std::string place(const sync::CopySource& source, const sync::CopyTarget& target) {
  const auto found = sync::copy_place(source, target);
  return found ? found->folder + " + " + found->name : "error";
}

}  // namespace

TEST_CASE("where a copied file ends up") {
  CHECK(place({"/s/f", false}, {"/t/new", false, false}) == "/t + new");
  CHECK(place({"/s/f", false}, {"/t/new/", false, false}) == "error");
  CHECK(place({"/s/f", false}, {"/t/file", true, false}) == "/t + file");
  CHECK(place({"/s/f", false}, {"/t/file/", true, false}) == "error");
  CHECK(place({"/s/f", false}, {"/t", true, true}) == "/t + f");
  CHECK(place({"f", false}, {".", true, true}) == ". + f");
  CHECK(place({"f", false}, {"name", false, false}) == ". + name");
}

TEST_CASE("where a copied folder ends up") {
  CHECK(place({"/s/d", true}, {"/t/new", false, false}) == "/t + new");
  CHECK(place({"/s/d/.", true}, {"/t/new", false, false}) == "/t + new");
  CHECK(place({"/s/d", true}, {"/t/new/", false, false}) == "/t + new");
  CHECK(place({"/s/d", true}, {"/t/file", true, false}) == "error");
  CHECK(place({"/s/d", true}, {"/t", true, true}) == "/t + d");
  CHECK(place({"/s/d/", true}, {"/t", true, true}) == "/t + d");
  CHECK(place({"/s/d/.", true}, {"/t", true, true}) == "/t + ");
  CHECK(place({"/", true}, {"/t", true, true}) == "/t + ");
}

TEST_CASE("the ends of a copy are told apart as docker does it") {
  const auto end = [](const std::string& text) {
    const auto parsed = sync::parse_copy_end(text);
    return parsed.service + "|" + parsed.path;
  };
  CHECK(end("web:/etc/hosts") == "web|/etc/hosts");
  CHECK(end("web:a:b") == "web|a:b");
  CHECK(end("web:") == "web|");
  CHECK(end("./file:name") == "|./file:name");
  CHECK(end("/file:name") == "|/file:name");
  CHECK(end("file") == "|file");
  CHECK(end("-") == "|-");
  CHECK(end(":x") == "|:x");
}

TEST_CASE("components of paths") {
  CHECK(sync::last_component("/a/b/.") == "b");
  CHECK(sync::last_component("a") == "a");
  CHECK(sync::last_component("/") == "");
  CHECK(sync::last_component("..") == "");
  CHECK(sync::parent_of("/a") == "/");
  CHECK(sync::parent_of("a/b/") == "a");
  CHECK(sync::parent_of("b") == ".");
}

}  // namespace saasctl::copy_rules_test
