#include "build/ignore.hpp"

#include <fstream>
#include <regex>

#include "build/context.hpp"
#include "catch.hpp"
#include "generated.hpp"
#include "local_server.hpp"
#include "temporary_folder.hpp"

namespace saasctl::ignore_test {

using namespace saasctl::build;

namespace {

bool matches(const std::string& pattern, const std::string& path) {
  const auto compiled = Pattern::compile(pattern);
  REQUIRE(compiled);
  return compiled->matches(path);
}

// Whether a path is left out, its folders asked first, as a walk does.
bool ignored(const std::vector<std::string>& patterns, const std::string& path) {
  const auto list = PatternList::compile(patterns);
  REQUIRE(list);
  PatternList::ParentMatches parent;
  bool result = false;
  for (auto end = path.find('/');; end = path.find('/', end + 1)) {
    PatternList::ParentMatches own;
    result = list->matches(path.substr(0, end), parent, own);
    parent = own;
    if (end == std::string::npos) return result;
  }
}

void write(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

std::vector<std::string> walk(const std::filesystem::path& root, const std::vector<std::string>& include,
                              const std::vector<std::string>& exclude) {
  Walker walker(root, {.include = *PatternList::compile(include), .exclude = *PatternList::compile(exclude)});
  std::vector<std::string> paths;
  for (auto entry = walker.next();; entry = walker.next()) {
    REQUIRE(entry);
    if (!*entry) return paths;
    paths.push_back((*entry)->path);
  }
}

// What moby makes of a pattern, for the characters used here: ** is any folders, * and ? stop at a slash.
std::string as_regular_expression(const std::string& pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern.compare(i, 2, "**") == 0) {
      i += pattern.compare(i + 2, 1, "/") == 0 ? 2 : 1;
      out += i + 1 == pattern.size() ? ".*" : "(.*/)?";
    } else {
      out += pattern[i] == '*' ? "[^/]*" : pattern[i] == '?' ? "[^/]" : std::string(1, pattern[i]);
    }
  }
  return out;
}

using Paths = std::vector<std::string>;

}  // namespace

// The table of moby/patternmatcher's own tests, TestMatches.
TEST_CASE("patterns match as moby's patternmatcher does") {
  const std::tuple<std::string, std::string, bool> cases[] = {{"**", "file", true},
                                                              {"**", "file/", true},
                                                              {"**/", "file", true},
                                                              {"**", "/", true},
                                                              {"**", "dir/file", true},
                                                              {"**/", "dir/file", true},
                                                              {"**/**", "dir/file", true},
                                                              {"dir/**", "dir/file", true},
                                                              {"dir/**", "dir/dir2/file", true},
                                                              {"**/dir2/*", "dir/dir2/file", true},
                                                              {"**/dir2/**", "dir/dir2/dir2/file", true},
                                                              {"**file", "file", true},
                                                              {"**file", "dir/file", true},
                                                              {"**/file", "dir/file", true},
                                                              {"**file", "dir/dir/file", true},
                                                              {"**/file*", "dir/dir/file", true},
                                                              {"**/file*", "dir/dir/file.txt", true},
                                                              {"**/file*txt", "dir/dir/file.txt", true},
                                                              {"**/file*.txt*", "dir/dir/file.txt", true},
                                                              {"**/**/*.txt", "dir/dir/file.txt", true},
                                                              {"**/**/*.txt2", "dir/dir/file.txt", false},
                                                              {"**/*.txt", "file.txt", true},
                                                              {"**/**/*.txt", "file.txt", true},
                                                              {"a**/*.txt", "a/file.txt", true},
                                                              {"a**/*.txt", "a/dir/file.txt", true},
                                                              {"a**/*.txt", "a/dir/dir/file.txt", true},
                                                              {"a/*.txt", "a/dir/file.txt", false},
                                                              {"a/*.txt", "a/file.txt", true},
                                                              {"a/*.txt**", "a/file.txt", true},
                                                              {"a[b-d]e", "ae", false},
                                                              {"a[b-d]e", "ace", true},
                                                              {"a[b-d]e", "aae", false},
                                                              {"a[^b-d]e", "aze", true},
                                                              {".*", ".foo", true},
                                                              {".*", "foo", false},
                                                              {"abc.def", "abcdef", false},
                                                              {"abc.def", "abc.def", true},
                                                              {"abc.def", "abcZdef", false},
                                                              {"abc?def", "abcZdef", true},
                                                              {"abc?def", "abcdef", false},
                                                              {"a\\\\", "a\\", true},
                                                              {"**/foo/bar", "foo/bar", true},
                                                              {"**/foo/bar", "dir/foo/bar", true},
                                                              {"**/foo/bar", "dir/dir2/foo/bar", true},
                                                              {"abc/**", "abc", false},
                                                              {"abc/**", "abc/def", true},
                                                              {"abc/**", "abc/def/ghi", true},
                                                              {"**/.foo", ".foo", true},
                                                              {"**/.foo", "bar.foo", false},
                                                              {"a(b)c/def", "a(b)c/def", true},
                                                              {"a(b)c/def", "a(b)c/xyz", false},
                                                              {"a.|)$(}+{bc", "a.|)$(}+{bc", true},
                                                              {"*.dir", "x/y.dir", false},
                                                              {"dist/*.whl", "dist/proxy.whl", true},
                                                              {"\\*\\?\\[", "*?[", true},
                                                              {"a?c", "aüc", true},
                                                              {"a[ü-ý]c", "aüc", true},
                                                              {"a//b/../c/", "a/c", true},
                                                              {"a/**/b", "a/b", true},
                                                              {"a/**/b", "a/x/y/b", true},
                                                              {"a/**/b", "a/xb", false}};
  for (const auto& [pattern, path, expected] : cases) {
    INFO(pattern << " on " << path);
    CHECK(matches(pattern, path) == expected);
  }
}

TEST_CASE("patterns match as the regular expressions they stand for") {
  static const std::vector<std::string> pieces{"a", "b", "a", "/", "*", "?", "**", "**/", "/**"};
  Generator random(4711);
  for (int i = 0; i < 3'000; ++i) {
    std::string pattern = "?";  // no prefix or suffix, which moby compares without a regular expression
    for (auto count = random.below(7); count > 0; --count) pattern += random.pick(pieces);
    pattern = clean_path(pattern);
    const std::regex expression(as_regular_expression(pattern));
    for (int k = 0; k < 5; ++k) {
      std::string path(1 + random.below(9), 'a');
      for (auto& c : path) c = random.pick<char>({'a', 'b', '/'});
      INFO(pattern << " " << path);
      CHECK(matches(pattern, path) == std::regex_match(path, expression));
    }
  }
}

TEST_CASE("many stars take no longer than a few") {
  std::string stars, folders;
  for (int i = 0; i < 200; ++i) stars += "*a", folders += "**/a/";
  const std::string path(2'000, 'a');
  CHECK_FALSE(matches("?" + stars + "b", path));
  CHECK_FALSE(match_name(stars + "b", path));
  CHECK(match_name(stars, path));
  std::string deep;
  for (int i = 0; i < 1'000; ++i) deep += "a/";
  CHECK_FALSE(matches("?/" + folders + "b", deep));
}

TEST_CASE("a name's stars stop at a slash, and the last one gives way first") {
  CHECK(match_name("*a*b", "xaab"));
  CHECK(match_name("a*[b-d]?", "axxcd"));
  CHECK(match_name("*", ""));
  CHECK_FALSE(match_name("*b", "a/b"));
  CHECK_FALSE(match_name("a*b", "a"));
  CHECK_FALSE(match_name("", "a"));
}

TEST_CASE("exceptions and parent folders count in order") {
  const std::tuple<Paths, std::string, bool> cases[] = {
      {{"docs"}, "docs/README.md", true},
      {{"docs", "!docs/README.md"}, "docs/README.md", false},
      {{"docs/", "!docs/README.md"}, "docs/other.md", true},
      {{"!docs/README.md", "docs"}, "docs/README.md", true},
      {{"*", "!docs"}, "docs/README.md", false},
      {{"*", "!docs/*.md"}, "docs/x/README.md", true},
      {{"*.md", "!README*.md", "README-secret.md"}, "README-secret.md", true},
      {{"*.md", "!README*.md", "README-secret.md"}, "README.md", false},
      {{"*.md", "README-secret.md", "!README*.md"}, "README-secret.md", false},
      {{"**", "!util/docker/web"}, "util/docker/web/foo", false},
      {{"**", "!util/docker/web", "util/docker/web/foo"}, "util/docker/web/foo", true},
      {{"**", "!dist/proxy.py", "!dist/*.whl"}, "dist/package.whl", false},
      {{"**/node_modules"}, "a/b/node_modules/c.js", true},
      {{}, "anything", false}};
  for (const auto& [patterns, path, expected] : cases) {
    INFO(path);
    CHECK(ignored(patterns, path) == expected);
  }
}

TEST_CASE("an ignore file is read with comments, absolute paths and its mark of UTF-8") {
  const auto patterns = parse_ignore_file(
      "\xEF\xBB\xBF# top\n\n  /abs/path/ \r\n!  keep//this \n #not a comment\n*/temp*\n!/x\n", ".dockerignore");
  REQUIRE(patterns);
  CHECK(*patterns == Paths{"abs/path", "!keep/this", "#not a comment", "*/temp*", "!x"});
}

TEST_CASE("control characters in patterns: their names after a backslash, and a NUL is an error") {
  CHECK(Pattern::compile("\\a.txt")->matches("\a.txt"));
  CHECK_FALSE(Pattern::compile("\\a.txt")->matches("a.txt"));
  CHECK(Pattern::compile("x\\ty")->matches("x\ty"));
  CHECK(Pattern::compile("\\z.txt")->matches("z.txt"));
  CHECK(Pattern::compile("[\\n]")->matches("\n"));
  const auto bad = parse_ignore_file(std::string_view("fine\na\0b\n", 9), "f");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message == "f:2:2: a NUL byte in a pattern");
}

TEST_CASE("an ignore file that is a folder counts as none") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / ".dockerignore");
  const auto patterns = read_ignore_patterns(folder.path(), folder.path() / "Dockerfile");
  REQUIRE(patterns);
  CHECK(patterns->empty());
}

TEST_CASE("a bad pattern is reported with file and line") {
  const std::tuple<std::string, std::string> cases[] = {{"ok\n[a-\n", "f:2: syntax error in pattern '[a-'"},
                                                        {"[]\n", "f:1: syntax error in pattern '[]'"},
                                                        {"\n\n!\n", "f:3: illegal exclusion pattern: \"!\""},
                                                        {"a\\", "f:1: syntax error in pattern 'a\\'"},
                                                        {"[^]", "f:1: syntax error in pattern '[^]'"}};
  for (const auto& [text, message] : cases) {
    const auto parsed = parse_ignore_file(text, "f");
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message == message);
    CHECK(parsed.error().kind == ErrorKind::usage);
  }
}

TEST_CASE("the Dockerfile's own ignore file comes before the context's") {
  const TemporaryFolder folder;
  const auto dockerfile = folder.path() / "x/Dockerfile";
  CHECK(read_ignore_patterns(folder.path(), dockerfile)->empty());
  write(folder.path() / ".dockerignore", "general\n");
  CHECK(*read_ignore_patterns(folder.path(), dockerfile) == Paths{"general"});
  write(folder.path() / "x/Dockerfile.dockerignore", "special\n");
  CHECK(*read_ignore_patterns(folder.path(), dockerfile) == Paths{"special"});
}

TEST_CASE("a walk is depth-first in byte order and gives folders of kept files") {
  const TemporaryFolder folder;
  for (const auto* path : {"a/z", "a/b/c", "a-b", "B", "drop/deep/keep.txt", "drop/deep/no", "drop/no"}) {
    write(folder.path() / path, "x");
  }
  std::filesystem::create_directory(folder.path() / "empty");
  CHECK(walk(folder.path(), {}, {"drop", "!drop/deep/keep.txt"}) ==
        Paths{"B", "a", "a/b", "a/b/c", "a/z", "a-b", "drop", "drop/deep", "drop/deep/keep.txt", "empty"});
  CHECK(walk(folder.path(), {}, {"drop", "!other"}) == Paths{"B", "a", "a/b", "a/b/c", "a/z", "a-b", "empty"});
  CHECK(walk(folder.path(), {"a/b", "B"}, {}) == Paths{"B", "a", "a/b", "a/b/c"});
  CHECK(walk(folder.path(), {"**/keep.txt"}, {}) == Paths{"drop", "drop/deep", "drop/deep/keep.txt"});
  CHECK(walk(folder.path(), {"nothing"}, {}).empty());
}

TEST_CASE("links on the way of a followed path come along") {
  const TemporaryFolder folder;
  write(folder.path() / "real/file", "x");
  write(folder.path() / "deep/target", "x");
  std::filesystem::create_symlink("real", folder.path() / "link");
  std::filesystem::create_symlink("../deep/target", folder.path() / "real/l1");
  std::filesystem::create_symlink("loop", folder.path() / "loop");
  CHECK(follow_paths(folder.path(), {"link/file"}) == Paths{"link", "real/file"});
  CHECK(follow_paths(folder.path(), {"real/l*"}) == Paths{"deep/target", "real/l*"});
  CHECK(follow_paths(folder.path(), {"loop"}) == Paths{"loop"});
  CHECK(follow_paths(folder.path(), {"missing/x"}) == Paths{"missing/x"});
  CHECK(follow_paths(folder.path(), {"real", "."}).empty());
}

}  // namespace saasctl::ignore_test
