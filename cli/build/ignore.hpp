// Which files of a build context count: the patterns of .dockerignore and BuildKit's include and exclude patterns.
// Source: Docker's "Build context, .dockerignore files"; moby/patternmatcher (PatternMatcher, ignorefile), whose rules
// and quirks are kept: Go's filepath.Match with `**`, `!` exceptions in order, matches of parent folders. Not kept is
// what its regular expressions make of a pattern by accident: `^` behind another character, classes such as \d, \w, \pL
// and [[:alpha:]] (here a letter, or the characters as they stand), and the error for a range that runs backwards.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "util/result.hpp"

namespace saasctl::build {

// One pattern, compiled. Immutable.
class Pattern {
 public:
  // A leading `!` makes an exception. Error: why the pattern is bad ("syntax error in pattern").
  static Result<Pattern> compile(std::string_view text);

  // `path` is relative to the context, with slashes, without "./".
  bool matches(std::string_view path) const;

  bool is_exception() const { return exception_; }

  // The cleaned text without `!`.
  const std::string& text() const { return text_; }

  // Whether a path below folder `path` might match: false only when that is certain.
  bool may_match_below(std::string_view path) const;

 private:
  enum class Token { literal, any, star, folders, everything, set };
  struct Element {
    Token token;
    char32_t character = 0;                                  // literal
    std::vector<std::pair<char32_t, char32_t>> ranges = {};  // set
    bool negated = false;                                    // set
  };
  enum class Kind { exact, prefix, suffix, elements };

  void parse_elements();
  std::size_t parse_set(std::u32string_view pattern, std::size_t at);
  static bool element_matches(const Element& element, char32_t character);
  static bool may_be_empty(const Element& element);
  bool match_elements(std::u32string_view path) const;

  std::string text_;
  bool exception_ = false;
  Kind kind_ = Kind::exact;
  std::vector<Element> elements_;
};

// A list of patterns in order; later ones win. Immutable.
class PatternList {
 public:
  // What a folder matched, for the decisions about its content. Empty for the root.
  using ParentMatches = std::vector<bool>;

  PatternList() = default;

  // Errors as Pattern::compile, naming the pattern.
  static Result<PatternList> compile(const std::vector<std::string>& patterns);

  bool empty() const { return patterns_.empty(); }

  // Whether `path` matches, given what its folder matched; `own` receives what it matched itself.
  bool matches(std::string_view path, const ParentMatches& parent, ParentMatches& own) const;

  // Whether something below the matching folder `path` may be taken back by an exception.
  bool may_except_below(std::string_view path) const;

  // Whether something below folder `path` may match.
  bool may_match_below(std::string_view path) const;

 private:
  std::vector<Pattern> patterns_;
};

// The patterns of an ignore file's text, comments and blank lines left out, absolute ones made relative. Each is
// checked; the error is "FILE:LINE: …".
Result<std::vector<std::string>> parse_ignore_file(std::string_view text, std::string_view file_name);

// The patterns that count for a Dockerfile (an absolute path): those of <Dockerfile>.dockerignore when it exists, else
// those of .dockerignore in the context's root, else none.
Result<std::vector<std::string>> read_ignore_patterns(const std::filesystem::path& context,
                                                      const std::filesystem::path& dockerfile);

// Go's filepath.Match: `*`, `?`, classes and `\`, none of them across a slash. A malformed pattern matches nothing.
bool match_name(std::string_view pattern, std::string_view name);

// Go's filepath.Clean on slashes: "a//b/../c/" gives "a/c", the empty text ".".
std::string clean_path(std::string_view path);

}  // namespace saasctl::build
