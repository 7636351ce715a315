#include <chrono>

#include "catch.hpp"
#include "growth.hpp"
#include "yaml/yaml_parser.hpp"

namespace saasctl::yaml_tree_test {

using namespace saasctl::yaml;

namespace {

struct Tree {
  Source source;
  Diagnostics diagnostics;
  NodePtr root;

  explicit Tree(std::string text) : source("f.yaml", std::move(text)), root(parse_yaml(source, diagnostics)) {}
  std::string only_message() const {
    REQUIRE(diagnostics.list().size() == 1);
    return to_string(diagnostics.list()[0].at) + ": " + diagnostics.list()[0].message;
  }
};

}  // namespace

TEST_CASE("an alias is the anchor's own node") {
  const Tree tree("a: &x [1, 2]\nb: *x\n");
  REQUIRE(tree.root);
  CHECK(tree.diagnostics.empty());
  CHECK(tree.root->find("a") == tree.root->find("b"));
}

TEST_CASE("a merge adds keys that the map does not have, and the earlier source wins") {
  const Tree tree("one: &one {a: 1, b: 1}\ntwo: &two {b: 2, c: 2, d: 2}\nboth:\n  d: 3\n  <<: [*one, *two]\n");
  const auto* both = tree.root->find("both");
  REQUIRE(both->entries.size() == 4);
  CHECK(both->find("a")->text == "1");
  CHECK(both->find("b")->text == "1");
  CHECK(both->find("c")->text == "2");
  CHECK(both->find("d")->text == "3");
  CHECK(tree.diagnostics.empty());
}

TEST_CASE("merged keys keep the place where they were written") {
  const Tree tree("one: &one\n  a: 1\ntwo:\n  <<: *one\n");
  CHECK(to_string(tree.root->find("two")->find("a")->at) == "f.yaml:2:6");
}

TEST_CASE("a merge of something that is no map is refused") {
  CHECK(Tree("a:\n  <<: 5\n").only_message() == "f.yaml:2:3: '<<' takes a map or a list of maps, not a number");
}

TEST_CASE("a key that is set twice is refused with the line of the first") {
  CHECK(Tree("a: 1\nb: 2\na: 3\n").only_message() == "f.yaml:3:1: key 'a' is already set on line 1");
}

TEST_CASE("a quoted key is the same key") {
  CHECK(Tree("a: 1\n\"a\": 2\n").diagnostics.list().size() == 1);
}

TEST_CASE("a key must be a string") {
  CHECK(Tree("[a, b]: 1\n").only_message().find("a key must be a string, not a list") != std::string::npos);
}

TEST_CASE("an anchor inside itself is refused") {
  CHECK(Tree("a: &x [*x]\n").only_message().find("an anchor cannot be used inside its own definition") !=
        std::string::npos);
}

TEST_CASE("an unknown alias is refused with its place") {
  CHECK(Tree("a: *nobody\n").only_message().starts_with("f.yaml:1:4: not valid YAML"));
}

TEST_CASE("aliases that repeat aliases end before memory does") {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const auto before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) text += (k > 0 ? ", " : "") + before;
    text += "]\n";
  }
  CHECK(Tree(text).only_message() == "f.yaml:1:1: the file unfolds to more than a million values");
}

TEST_CASE("deep nesting is refused and not followed to the end of the stack") {
  const std::string too_deep = "nested too deeply: more than 200 maps and lists inside one another";
  const auto nested = [](int levels) { return std::string(levels, '[') + std::string(levels, ']') + "\n"; };
  CHECK(Tree(nested(200)).diagnostics.empty());
  CHECK(Tree(nested(201)).only_message() == "f.yaml:1:201: " + too_deep);
  CHECK(Tree("a: " + nested(200)).only_message() == "f.yaml:1:203: " + too_deep);
  // A bracket that is never closed counts twice: it may be the key of a map.
  CHECK(Tree(std::string(100'000, '[')).only_message() == "f.yaml:1:101: " + too_deep);
  CHECK(Tree("a: " + std::string(100'000, '{')).only_message() == "f.yaml:1:203: " + too_deep);
  CHECK(Tree(nested(201)).root == nullptr);
}

TEST_CASE("an alias counts with the levels of its anchor's value") {
  const auto nested = [](int levels, const std::string& inner) {
    return std::string(levels, '[') + inner + std::string(levels, ']');
  };
  const auto text = [&](int outer) { return "a: &a " + nested(150, "x") + "\nb:\n- " + nested(outer, "*a") + "\n"; };
  CHECK(Tree(text(48)).diagnostics.empty());  // 2 + 48 + 150
  CHECK(Tree(text(49)).only_message() ==
        "f.yaml:3:52: nested too deeply: more than 200 maps and lists inside one another");
  std::string chain = "a0: &a0 " + nested(100, "x") + "\n";
  for (int i = 1; i < 45; ++i) {
    const auto number = std::to_string(i), before = std::to_string(i - 1);
    chain += "a" + number + ": &a" + number + " " + nested(100, "*a" + before) + "\n";
  }
  CHECK(Tree(chain).only_message().starts_with("f.yaml:2:109: nested too deeply"));
  CHECK(Tree("a: &a {x: " + nested(150, "x") + "}\nb: " + nested(60, "{<<: *a}") + "\n")
            .only_message()
            .find("nested too deeply") != std::string::npos);
}

TEST_CASE("reading ends when the stop token is set, without a diagnostic") {
  std::stop_source stop;
  const Source source("f.yaml", "a: 1\n");
  Diagnostics diagnostics;
  CHECK(parse_documents(source, diagnostics, stop.get_token()).size() == 1);
  stop.request_stop();
  CHECK(parse_documents(source, diagnostics, stop.get_token()).empty());
  CHECK(diagnostics.empty());
}

TEST_CASE("keys that are set again and again are reported in linear time") {
  CHECK(saasctl::test::grows_linearly(4'000, [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "k" + std::to_string(i) + ": 1\n";
    CHECK(Tree(text + text).diagnostics.list().size() == count);
  }));
}

TEST_CASE("a question mark within a word is no sign of YAML's, in brackets as well") {
  const Tree tree("a: [curl, http://x/?a=b, why?]\n\"b?\": 'c?d \\x'\n? e\n: f?g # ?\n");
  CHECK(tree.diagnostics.text().empty());
  CHECK(tree.root->find("a")->items.at(1)->text == "http://x/?a=b");
  CHECK(tree.root->find("a")->items.at(2)->text == "why?");
  CHECK(tree.root->find("b?")->text == "c?d \\x");
  CHECK(tree.root->find("e")->text == "f?g");
}

TEST_CASE("a zero byte is named with its place") {
  using namespace std::string_literals;
  CHECK(Tree("a: 1\nb: x\0y\n"s).only_message() == "f.yaml:2:5: a zero byte: this is not a text file");
}

TEST_CASE("bytes that are no UTF-8 are named with their place") {
  CHECK(Tree("a: \xc3\xa9\nb: \xff\n").only_message() == "f.yaml:2:4: a byte that is not UTF-8");
  CHECK(Tree("a: \xed\xa0\x80\n").only_message() == "f.yaml:1:4: a byte that is not UTF-8");
}

TEST_CASE("a huge line is shown as a window around the fault") {
  const Tree tree("a: [" + std::string(200'000, 'x') + "\n");
  REQUIRE(tree.diagnostics.list().size() == 1);
  CHECK(tree.diagnostics.text().size() < 600);
}

TEST_CASE("the window of a long line never cuts a character") {
  std::string line = "a: \"";
  for (int i = 0; i < 200; ++i) line += "\u00e9";
  const Source source("f.yaml", line);
  Diagnostics diagnostics;
  for (std::size_t column : {200U, 201U}) diagnostics.add({&source, 1, column}, 1, "here");
  CHECK(diagnostics.text().find("| \xa9") == std::string::npos);
}

TEST_CASE("a map of a hundred thousand keys is read in a moment") {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "k" + std::to_string(i) + ": 1\n";
  const auto start = std::chrono::steady_clock::now();
  const Tree tree(text);
  CHECK(tree.root->entries.size() == 100'000);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
}

TEST_CASE("a tag that would change the meaning is refused") {
  CHECK(Tree("a: !mine null\n").only_message() == "f.yaml:1:4: tag '!mine' is not supported");
  CHECK(Tree("a: !reset [b]\n").only_message() == "f.yaml:1:4: tag '!reset' is not supported");
  CHECK(Tree("a: !!str 5\n").diagnostics.empty());
}

TEST_CASE("a second document is refused, an empty one is not") {
  CHECK(Tree("a: 1\n---\nb: 2\n").only_message().find("a second YAML document") != std::string::npos);
  CHECK(Tree("---\na: 1\n...\n").diagnostics.empty());
}

TEST_CASE("a sign of a list in brackets that stands alone is refused and not read for ever") {
  for (const std::string text : {", a", "]", "}", "a: 1\n---\n, b"}) {
    INFO(text);
    CHECK_FALSE(Tree(text).diagnostics.empty());
  }
  CHECK(Tree("a: b\n, c").diagnostics.list().front().at.line == 2);
}

TEST_CASE("values are described by what YAML takes them for") {
  const Tree tree("[true, True, TRUE, yes, 5, -1.5e3, 0x1f, 1.2.3, \"5\", ~, null, text, {}, []]");
  std::vector<std::string_view> words;
  for (const auto& item : tree.root->items) words.push_back(describe(*item));
  CHECK(words == std::vector<std::string_view>{"true or false", "true or false", "true or false", "a string",
                                               "a number", "a number", "a number", "a string", "a string", "nothing",
                                               "nothing", "a string", "a map", "a list"});
}

TEST_CASE("carriage returns belong to the line break") {
  const Tree tree("a: 1\r\nb: 2\r\n");
  CHECK(tree.root->find("b")->text == "2");
  CHECK(tree.source.line(1) == "a: 1");
}

TEST_CASE("a position and its offset are each other's reverse") {
  const Source source("f", "ab\n\ncd");
  for (std::size_t offset = 0; offset <= source.text().size(); ++offset)
    CHECK(source.offset(source.position(offset)) == offset);
}

}  // namespace saasctl::yaml_tree_test
