// What a Dockerfile says of the order of builds and of the place of an error.
#include "build/dockerfile.hpp"

#include "build/build_order.hpp"
#include "catch.hpp"

namespace saasctl::dockerfile_test {

using namespace saasctl::build;

namespace {

using Texts = std::vector<std::string>;

Texts images(const std::string& text, const BuildArgs& args = {}) {
  return images_of(parse_dockerfile(text), args);
}

// The line of the instruction that a step comes from; 0: none.
std::size_t line_of(const std::string& text, const std::string& step, const BuildArgs& args = {}) {
  const auto found = instruction_of_step(parse_dockerfile(text), args, step);
  return found ? found->line : 0;
}

}  // namespace

TEST_CASE("a Dockerfile is cut into instructions with their lines") {
  const auto all = parse_dockerfile(
      "# a comment\nfrom a AS b\n\nRUN one \\\n  # inside\n\n  && two\nRUN <<EOF sh\nFROM not-one\nEOF\nCOPY x y\r\n");
  REQUIRE(all.size() == 4);
  CHECK(all[0].keyword == "FROM");
  CHECK(all[0].line == 2);
  CHECK(all[1].text == "RUN one   && two");
  CHECK(all[1].line == 4);
  CHECK(all[1].last == 7);
  CHECK(all[2].line == 8);
  CHECK(all[2].last == 10);
  CHECK(all[3].text == "COPY x y");
  CHECK(all[3].line == 11);
}

TEST_CASE("the escape directive makes another character continue a line") {
  CHECK(parse_dockerfile("# escape=`\nRUN a `\n b\nRUN c\\\nRUN d\n").size() == 3);
  CHECK(parse_dockerfile("RUN a `\nRUN b\n").size() == 2);
}

TEST_CASE("a here-document that never ends takes the rest") {
  const auto all = parse_dockerfile("FROM a\nRUN <<EOF\nFROM b");
  REQUIRE(all.size() == 2);
  CHECK(all[1].last == 3);
}

TEST_CASE("images are those of FROM, COPY --from and mounts, without stages and scratch") {
  CHECK(images("FROM a AS Build\nFROM build\nFROM scratch\nCOPY --from=build /x /y\nCOPY --from=0 /x /y\n"
               "COPY --from=tools:2 /x /y\nRUN --mount=type=bind,from=mounted,target=/m ls\n") ==
        Texts{"a", "tools:2", "mounted"});
  CHECK(images("FROM --platform=$BUILDPLATFORM a\n") == Texts{"a"});
  CHECK(images("RUN echo COPY --from\n").empty());
  CHECK(images("").empty());
}

TEST_CASE("ARGs before the first FROM are replaced, those given before their defaults") {
  const std::string text = "ARG TAG=1\nARG BASE=base:$TAG\nFROM ${BASE} AS x\nFROM other:${NONE:-2}\nFROM $UNKNOWN\n";
  CHECK(images(text) == Texts{"base:1", "other:2"});
  CHECK(images(text, {{"TAG", "7"}}) == Texts{"base:7", "other:2"});
  CHECK(images(text, {{"BASE", "mine"}, {"UNKNOWN", "not declared"}}) == Texts{"mine", "other:2"});
}

TEST_CASE("a step is found by its text, its stage and its number") {
  const std::string text =
      "FROM a AS build\nRUN make\nRUN make\nFROM b\nARG WHO=x\nRUN make\nCOPY $WHO   /to\nWORKDIR /w\nRUN last $WHO\n";
  CHECK(line_of(text, "[build 2/3] RUN make") == 2);
  CHECK(line_of(text, "[build 3/3] RUN make") == 3);
  CHECK(line_of(text, "[stage-1 2/5] RUN make") == 6);
  CHECK(line_of(text, "[stage-1 3/5] COPY x /to") == 7);
  CHECK(line_of(text, "[linux/amd64 stage-1 5/5] RUN last $WHO") == 9);
  CHECK(line_of(text, "[stage-1 4/5] WORKDIR /w") == 8);
  CHECK(line_of(text, "[build 1/3] FROM docker.io/library/a") == 1);
  CHECK(line_of(text, "[internal] load metadata for docker.io/library/b:latest") == 4);
  CHECK(line_of("FROM a\nRUN x\n", "[2/2] RUN x") == 2);
  CHECK(line_of("FROM a\nRUN x\n", "STEP 2/2: RUN x") == 2);
}

TEST_CASE("a step that is not in the Dockerfile has no place") {
  const std::string text = "FROM a\nRUN one\nRUN one\n";
  CHECK(line_of(text, "[2/4] RUN of an ONBUILD") == 0);
  CHECK(line_of(text, "[4/4] RUN one") == 0);
  CHECK(line_of(text, "[internal] load build context") == 0);
  CHECK(line_of(text, "exporting to image") == 0);
  CHECK(line_of(text, "") == 0);
}

TEST_CASE("an excerpt marks the instruction and shows what is around it") {
  const std::string text = "1\n2\n3\n4\\\n5\n6\n7\n8\n";
  CHECK(excerpt_of(text, 4, 5) == Texts{"   2 | 2", "   3 | 3", ">> 4 | 4\\", ">> 5 | 5", "   6 | 6", "   7 | 7"});
  CHECK(excerpt_of("only\n", 1, 1) == Texts{">> 1 | only"});
  CHECK(excerpt_of("", 9, 9).empty());
}

TEST_CASE("a build waits for the builds of the images that it names") {
  const auto order = order_builds({{"app", {"shop-app"}, {"base:1", "debian", "docker.io/library/shop-tools:latest"}},
                                   {"base", {"shop-base", "base:1"}, {"debian"}},
                                   {"tools", {"shop-tools"}, {"shop-base"}}});
  CHECK(order.bases == std::vector<std::vector<std::size_t>>{{1, 2}, {}, {1}});
  CHECK(order.cycles == Texts{"", "", ""});
}

TEST_CASE("a build that names its own image does not wait, a circle is told") {
  const auto own = order_builds({{"web", {"nginx"}, {"nginx:latest"}}});
  CHECK(own.bases[0].empty());
  CHECK(own.cycles[0].empty());
  const auto circle = order_builds({{"a", {"a"}, {"b"}}, {"b", {"b"}, {"c"}}, {"c", {"c"}, {"b"}}});
  CHECK(circle.cycles[0].empty());
  CHECK(circle.cycles[1] == "b → c → b");
  CHECK(circle.cycles[2] == "c → b → c");
}

}  // namespace saasctl::dockerfile_test
