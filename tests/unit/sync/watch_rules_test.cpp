// What follows from changed files.
#include "sync/watch_rules.hpp"

#include "catch.hpp"

namespace saasctl::watch_rules_test {

using namespace saasctl::sync;
namespace fs = std::filesystem;

namespace {

stack::Watch watch(const std::string& path, const std::string& action, const std::string& target = "") {
  stack::Watch out;
  out.path = path;
  out.action = action;
  if (!target.empty()) out.target = target;
  return out;
}

sync::WatchRule rule(const stack::Watch& declared, const std::string& service = "web") {
  auto made = sync::make_rule(service, "/p", declared, {});
  REQUIRE(made);
  return std::move(*made);
}

// "web: sync /app/a=/p/src/a restart exec x".
std::string work(const std::vector<sync::WatchRule>& rules, const std::set<fs::path>& changed) {
  std::string out;
  for (const auto& [service, work] : sync::work_of(rules, changed)) {
    out += service + ":";
    for (const auto& [target, path] : work.sync) out += " " + target + "=" + path.string();
    if (work.rebuild) out += " rebuild";
    if (work.restart) out += " restart";
    for (const auto& hook : work.execs) out += " exec " + hook.command.front();
    out += ";";
  }
  return out;
}

}  // namespace

TEST_CASE("a change is synchronised to where it belongs") {
  const auto folder = rule(watch("./src/", "sync", "/app"));
  CHECK(folder.path == "/p/src");
  CHECK(work({folder}, {"/p/src/a/b", "/p/other", "/p/src2/x"}) == "web: /app/a/b=/p/src/a/b;");
  CHECK(work({folder}, {"/p/src"}) == "web: /app=/p/src;");
  CHECK(work({rule(watch("conf.ini", "sync", "/etc/conf.ini"))}, {"/p/conf.ini"}) == "web: /etc/conf.ini=/p/conf.ini;");
  CHECK(work({folder}, {"/p/elsewhere"}).empty());
}

TEST_CASE("each action has its consequence, and a rebuild takes the place of all others") {
  auto command = watch("src", "sync+exec", "/app");
  command.exec = stack::Hook();
  command.exec->command = {"reload"};
  CHECK(work({rule(command)}, {"/p/src/a", "/p/src/b"}) == "web: /app/a=/p/src/a /app/b=/p/src/b exec reload;");
  CHECK(work({rule(watch("src", "restart"))}, {"/p/src/a"}) == "web: restart;");
  CHECK(work({rule(watch("src", "sync+restart", "/x"))}, {"/p/src/a"}) == "web: /x/a=/p/src/a restart;");
  CHECK(work({rule(watch("src", "rebuild")), rule(command)}, {"/p/src/a"}) == "web: rebuild;");
  CHECK(work({rule(watch("src", "rebuild")), rule(watch("src", "restart"), "db")}, {"/p/src/a"}) ==
        "db: restart;web: rebuild;");
}

TEST_CASE("ignore and include are patterns of an ignore file, relative to the path") {
  auto declared = watch("src", "sync", "/app");
  declared.ignore = {"node_modules/", "**/*.tmp", "!keep.tmp"};
  const auto ignoring = rule(declared);
  CHECK(work({ignoring}, {"/p/src/node_modules/x/y", "/p/src/a/b.tmp"}).empty());
  CHECK(work({ignoring}, {"/p/src/keep.tmp"}) == "web: /app/keep.tmp=/p/src/keep.tmp;");
  CHECK(ignoring.ignores("/p/src/node_modules"));
  declared = watch("src", "sync", "/app");
  declared.include = {"**/*.go"};
  CHECK(work({rule(declared)}, {"/p/src/a/b.go", "/p/src/a/b.c"}) == "web: /app/a/b.go=/p/src/a/b.go;");
  declared.include = {"[a"};
  const auto bad = sync::make_rule("web", "/p", declared, {});
  REQUIRE_FALSE(bad);
  CHECK(bad.error().kind == ErrorKind::usage);
}

TEST_CASE("a folder is left out as a whole only when no exception takes something of it back") {
  const auto patterns = build::PatternList::compile({"*", "!src/keep"});
  REQUIRE(patterns);
  const auto made = sync::make_rule("web", "/p", watch(".", "sync", "/app"), {{"/p", *patterns}});
  REQUIRE(made);
  CHECK(made->ignores("/p/src"));
  CHECK_FALSE(made->ignores_all_of("/p/src"));
  CHECK(made->ignores_all_of("/p/other"));
  CHECK(work({*made}, {"/p/src/keep/a", "/p/src/b", "/p/c"}) == "web: /app/src/keep/a=/p/src/keep/a;");
}

TEST_CASE("what git and editors leave for a moment, and what the build ignores, has no consequence") {
  const auto folder = rule(watch(".", "sync", "/app"));
  CHECK(folder.path == "/p");
  CHECK(work({folder}, {"/p/.git/index", "/p/a~", "/p/x/.a.swp", "/p/4913", "/p/.#a", "/p/#a#", "/p/.idea/w.xml"})
            .empty());
  CHECK(work({folder}, {"/p/.gitignore"}) == "web: /app/.gitignore=/p/.gitignore;");
  const auto patterns = build::PatternList::compile({"out"});
  REQUIRE(patterns);
  const auto made = sync::make_rule("web", "/p", watch("src", "rebuild"), {{"/p/src", *patterns}});
  REQUIRE(made);
  CHECK(work({*made}, {"/p/src/out/x"}).empty());
  CHECK(work({*made}, {"/p/src/x"}) == "web: rebuild;");
}

}  // namespace saasctl::watch_rules_test
