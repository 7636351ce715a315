#include "build/ignore.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "util/input.hpp"
#include "util/text.hpp"

namespace saasctl::build {
namespace {

constexpr char32_t replacement = 0xFFFD;

// One character of UTF-8 from the front, taken off; a byte that is none gives U+FFFD, as in Go.
char32_t take_character(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead < 0xF0 && lead >= 0xE0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  char32_t character = length == 1 ? lead : length == 0 ? replacement : char32_t{lead} & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    if ((next & 0xC0u) != 0x80u) {
      text.remove_prefix(1);
      return replacement;
    }
    character = character << 6 | (next & 0x3Fu);
  }
  text.remove_prefix(std::max<std::size_t>(length, 1));
  return character;
}

std::u32string decode(std::string_view text) {
  std::u32string out;
  while (!text.empty()) out += take_character(text);
  return out;
}

// A class of filepath.Match: the character after '[' at `at`; gives the position after ']', or npos when malformed.
std::size_t match_class(std::u32string_view pattern, std::size_t at, char32_t character, bool& matched) {
  const bool negated = at < pattern.size() && pattern[at] == U'^';
  if (negated) ++at;
  bool inside = false;
  const auto take = [&](char32_t& out) {
    if (at < pattern.size() && pattern[at] == U'\\')
      ++at;
    else if (at < pattern.size() && (pattern[at] == U'-' || pattern[at] == U']'))
      return false;
    if (at + 1 >= pattern.size()) return false;
    out = pattern[at++];
    return true;
  };
  for (std::size_t ranges = 0;; ++ranges) {
    if (at < pattern.size() && pattern[at] == U']' && ranges > 0) break;
    char32_t low = 0;
    if (!take(low)) return std::u32string_view::npos;
    char32_t high = low;
    if (at < pattern.size() && pattern[at] == U'-') {
      ++at;
      if (!take(high)) return std::u32string_view::npos;
    }
    inside = inside || (low <= character && character <= high);
  }
  matched = inside != negated;
  return at + 1;
}

// filepath.Match reads a pattern to its end even when the name does not match, so that bad patterns always show.
bool well_formed(std::u32string_view pattern) {
  for (std::size_t at = 0; at < pattern.size();) {
    bool ignored = false;
    if (pattern[at] == U'[') {
      at = match_class(pattern, at + 1, 0, ignored);
      if (at == std::u32string_view::npos) return false;
    } else if (pattern[at] == U'\\') {
      if (at + 1 == pattern.size()) return false;
      at += 2;
    } else {
      ++at;
    }
  }
  return true;
}

// The pattern's element at `at`, not a star, against one character: the position after it, or nothing.
std::optional<std::size_t> match_one(std::u32string_view pattern, std::size_t at, char32_t character) {
  if (pattern[at] == U'[') {
    bool matched = false;
    const auto next = match_class(pattern, at + 1, character, matched);
    return matched ? std::optional(next) : std::nullopt;
  }
  if (pattern[at] == U'?') return character == U'/' ? std::nullopt : std::optional(at + 1);
  if (pattern[at] == U'\\') ++at;
  return pattern[at] == character ? std::optional(at + 1) : std::nullopt;
}

// Only the last star takes more when what follows does not match, as in Go: the time is at most the product of the
// lengths.
bool match_name_whole(std::u32string_view pattern, std::u32string_view name) {
  struct Star {
    std::size_t after;  // the pattern's position behind it
    std::size_t taken;  // what it has swallowed ends here in the name
  };
  std::optional<Star> star;
  for (std::size_t p = 0, n = 0;;) {
    if (p < pattern.size() && pattern[p] == U'*') {
      star = Star{++p, n};
      continue;
    }
    if (p == pattern.size() && n == name.size()) return true;
    const auto next =
        p < pattern.size() && n < name.size() ? match_one(pattern, p, name[n]) : std::optional<std::size_t>();
    if (next) {
      p = *next;
      ++n;
      continue;
    }
    if (!star || star->taken == name.size() || name[star->taken] == U'/') return false;
    n = ++star->taken;
    p = star->after;
  }
}

// What `\` and a character stand for in the regular expression that moby/patternmatcher makes: control characters have
// names there (regexp/syntax).
char32_t escaped_character(char32_t c) {
  switch (c) {
    case U'a':
      return U'\a';
    case U'f':
      return U'\f';
    case U'n':
      return U'\n';
    case U'r':
      return U'\r';
    case U't':
      return U'\t';
    case U'v':
      return U'\v';
    default:
      return c;
  }
}

bool is_inside(std::string_view path, std::string_view folder) {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

}  // namespace

bool match_name(std::string_view pattern, std::string_view name) {
  const auto decoded = decode(pattern);
  return well_formed(decoded) && match_name_whole(decoded, decode(name));
}

std::string clean_path(std::string_view path) {
  const bool rooted = path.starts_with('/');
  std::vector<std::string> kept;
  for (auto& part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != ".." || (kept.empty() ? !rooted : kept.back() == "..")) {
      kept.push_back(std::move(part));
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  const auto joined = kept.empty() ? std::string() : join(kept, "/");
  if (rooted) return "/" + joined;
  return joined.empty() ? "." : joined;
}

Result<Pattern> Pattern::compile(std::string_view text) {
  Pattern pattern;
  pattern.text_ = clean_path(trim(text));
  if (pattern.text_.starts_with('!')) {
    if (pattern.text_.size() == 1) return failure(ErrorKind::usage, "illegal exclusion pattern: \"!\"");
    pattern.exception_ = true;
    pattern.text_.erase(0, 1);
  }
  if (!well_formed(decode(pattern.text_))) {
    return failure(ErrorKind::usage, fmt::format("syntax error in pattern '{}'", text));
  }
  pattern.parse_elements();
  return pattern;
}

// Follows Pattern.compile of moby/patternmatcher token by token, which makes a regular expression instead.
void Pattern::parse_elements() {
  const auto pattern = decode(text_);
  for (std::size_t at = 0; at < pattern.size();) {
    const bool first = at == 0;
    const char32_t c = pattern[at++];
    if (c == U'*' && at < pattern.size() && pattern[at] == U'*') {
      ++at;
      if (at < pattern.size() && pattern[at] == U'/') ++at;
      const bool last = at == pattern.size();
      kind_ = last && kind_ == Kind::exact ? Kind::prefix : Kind::elements;
      elements_.push_back({.token = last ? Token::everything : Token::folders});
      if (first) kind_ = Kind::suffix;
    } else if (c == U'*' || c == U'?') {
      elements_.push_back({.token = c == U'*' ? Token::star : Token::any});
      kind_ = Kind::elements;
    } else if (c == U'[') {
      at = parse_set(pattern, at);
      kind_ = Kind::elements;
    } else if (c == U'\\' && at < pattern.size()) {
      elements_.push_back({.token = Token::literal, .character = escaped_character(pattern[at++])});
      kind_ = Kind::elements;
    } else {
      elements_.push_back({.token = Token::literal, .character = c});
    }
  }
}

// The pattern is well formed: every set has an end.
std::size_t Pattern::parse_set(std::u32string_view pattern, std::size_t at) {
  Element element{.token = Token::set};
  element.negated = pattern[at] == U'^';
  if (element.negated) ++at;
  const auto take = [&] {
    if (pattern[at] != U'\\') return pattern[at++];
    ++at;
    return escaped_character(pattern[at++]);
  };
  while (pattern[at] != U']') {
    const auto low = take();
    auto high = low;
    if (pattern[at] == U'-') {
      ++at;
      high = take();
    }
    element.ranges.emplace_back(low, high);
  }
  elements_.push_back(std::move(element));
  return at + 1;
}

bool Pattern::element_matches(const Element& element, char32_t character) {
  if (element.token == Token::any) return character != U'/';
  if (element.token == Token::literal) return character == element.character;
  const bool inside = std::ranges::any_of(
      element.ranges, [&](const auto& range) { return range.first <= character && character <= range.second; });
  return inside != element.negated;
}

// All ways through the elements at once, character by character: the time is the product of the lengths, however many
// stars there are.
bool Pattern::match_elements(std::u32string_view path) const {
  const auto count = elements_.size();
  struct Reached {
    std::vector<bool> before;  // of an element: it may begin here; of `count`: the pattern is at its end
    std::vector<bool> inside;  // of a `folders`: it has begun and ends behind a slash
  };
  const auto enter = [&](Reached& reached, std::size_t e) {
    for (reached.before[e] = true; e < count && may_be_empty(elements_[e]); reached.before[e] = true) ++e;
  };
  const Reached nowhere{std::vector<bool>(count + 1), std::vector<bool>(count + 1)};
  auto now = nowhere;
  enter(now, 0);
  for (const auto character : path) {
    auto next = nowhere;
    for (std::size_t e = 0; e < count; ++e) {
      const auto& element = elements_[e];
      if (element.token == Token::folders && (now.before[e] || now.inside[e])) {
        next.inside[e] = true;
        if (character == U'/') enter(next, e + 1);
      } else if (now.before[e]) {
        if (element.token == Token::everything) return true;
        if (element.token == Token::star ? character != U'/' : element_matches(element, character))
          enter(next, element.token == Token::star ? e : e + 1);
      }
    }
    now = std::move(next);
  }
  return now.before[count];
}

bool Pattern::may_be_empty(const Element& element) {
  return element.token == Token::star || element.token == Token::folders || element.token == Token::everything;
}

bool Pattern::matches(std::string_view path) const {
  const std::string_view text = text_;
  switch (kind_) {
    case Kind::exact:
      return path == text;
    case Kind::prefix:
      return path.starts_with(text.substr(0, text.size() - 2));
    case Kind::suffix:
      return path.ends_with(text.substr(2)) || (text.substr(2).starts_with('/') && path == text.substr(3));
    case Kind::elements:
      break;
  }
  return match_elements(decode(path));
}

// Patterns with wildcards other than at their end may match anywhere; others only below their own folders.
bool Pattern::may_match_below(std::string_view path) const {
  std::string_view fixed = text_;
  for (const std::string_view tail : {"/**", "/*", "**", "*"}) {
    if (fixed.ends_with(tail)) {
      fixed.remove_suffix(tail.size());
      break;
    }
  }
  if (fixed.find_first_of("*?[\\") != std::string_view::npos) return true;
  return fixed.size() != text_.size() || is_inside(fixed, path);
}

Result<PatternList> PatternList::compile(const std::vector<std::string>& patterns) {
  PatternList list;
  for (const auto& text : patterns) {
    if (trim(text).empty()) continue;
    auto pattern = Pattern::compile(text);
    if (!pattern) return std::unexpected(pattern.error());
    list.patterns_.push_back(std::move(*pattern));
  }
  return list;
}

bool PatternList::matches(std::string_view path, const ParentMatches& parent, ParentMatches& own) const {
  own.assign(patterns_.size(), false);
  bool matched = false;
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    const auto& pattern = patterns_[i];
    bool match = !parent.empty() && parent[i];
    if (!match) {
      if (pattern.is_exception() != matched) continue;
      match = pattern.matches(path);
    }
    own[i] = match;
    if (match) matched = !pattern.is_exception();
  }
  return matched;
}

bool PatternList::may_except_below(std::string_view path) const {
  return std::ranges::any_of(patterns_, [&](const auto& p) { return p.is_exception() && p.may_match_below(path); });
}

bool PatternList::may_match_below(std::string_view path) const {
  return std::ranges::any_of(patterns_, [&](const auto& p) { return !p.is_exception() && p.may_match_below(path); });
}

Result<std::vector<std::string>> parse_ignore_file(std::string_view text, std::string_view file_name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<std::string> patterns;
  std::size_t number = 0;
  for (const auto& line : split(text, '\n')) {
    ++number;
    if (const auto at = line.find('\0'); at != std::string::npos) {
      return failure(ErrorKind::usage, fmt::format("{}:{}:{}: a NUL byte in a pattern", file_name, number, at + 1),
                     "the file must be text; write it again");
    }
    auto pattern = trim(line);
    if (line.starts_with('#') || pattern.empty()) continue;
    const bool exception = pattern[0] == '!';
    if (exception) pattern = trim(pattern.substr(1));
    auto cleaned = pattern.empty() ? std::string() : clean_path(pattern);
    if (cleaned.size() > 1 && cleaned[0] == '/') cleaned.erase(0, 1);
    if (exception) cleaned.insert(0, "!");
    if (const auto compiled = Pattern::compile(cleaned); !compiled) {
      return failure(ErrorKind::usage, fmt::format("{}:{}: {}", file_name, number, compiled.error().message),
                     "patterns know *, **, ?, [a-z] and \\ before a special character");
    }
    patterns.push_back(std::move(cleaned));
  }
  return patterns;
}

Result<std::vector<std::string>> read_ignore_patterns(const std::filesystem::path& context,
                                                      const std::filesystem::path& dockerfile) {
  for (const auto& path : {std::filesystem::path(dockerfile.string() + ".dockerignore"), context / ".dockerignore"}) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) continue;  // as other builders do
    const auto text = read_file(path, {"an ignore file", 16 * mebibyte});
    if (text) return parse_ignore_file(*text, path.string());
    if (text.error().kind != ErrorKind::not_found) return std::unexpected(text.error());
  }
  return std::vector<std::string>();
}

}  // namespace saasctl::build
