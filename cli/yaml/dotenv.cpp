#include "yaml/dotenv.hpp"

#include <fmt/format.h>

#include "util/text.hpp"

namespace saasctl::yaml {
namespace {

// A letter of any alphabet counts; those beyond ASCII are told by their first bit.
bool part_of_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_.-[]").find(c) != std::string_view::npos || (static_cast<unsigned char>(c) & 0x80) != 0;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else {
    out += static_cast<char>(0xc0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

class Lines {
 public:
  Lines(const Source& source, const Environment& environment, Diagnostics& diagnostics)
      : source_(source), text_(source.text()), environment_(environment), diagnostics_(diagnostics) {}

  Variables read() {
    while (true) {
      while (at_ < text_.size() && (is_blank(text_[at_]) || text_[at_] == '\n')) ++at_;
      if (at_ >= text_.size()) return std::move(values_);
      if (text_[at_] == '#') {
        at_ = end_of_line();
      } else {
        assignment();
      }
    }
  }

 private:
  std::size_t end_of_line() const { return std::min(text_.find('\n', at_), text_.size()); }

  void error(std::size_t at, std::string message, std::string hint) {
    diagnostics_.add(source_.position(at), 1, std::move(message), std::move(hint));
  }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }

  void assignment() {
    const auto start = at_;
    const auto end = end_of_line();
    if (text_.substr(at_).starts_with("export") && at_ + 6 < end && is_blank(text_[at_ + 6])) {
      at_ += 6;
      skip_blanks();
    }
    const auto from = at_;
    while (at_ < end && (part_of_name(text_[at_]) || is_blank(text_[at_]))) ++at_;
    const auto name = std::string(trim(text_.substr(from, at_ - from)));
    const bool alone = at_ == end;
    const bool valid = !name.empty() && name.find_first_of(" \t") == std::string::npos &&
                       (alone || text_[at_] == '=' || text_[at_] == ':');
    if (!valid) {
      error(start, "not a KEY=VALUE line", "begin a comment with '#'");
      at_ = end;
    } else if (alone) {  // passed through from the environment
      if (const auto value = environment_(name)) values_[name] = *value;
    } else {
      ++at_;
      skip_blanks();
      const bool is_quoted = at_ < end && (text_[at_] == '\'' || text_[at_] == '"');
      is_quoted ? quoted(name) : unquoted(name);
    }
  }

  void unquoted(const std::string& name) {
    const auto from = at_;
    at_ = end_of_line();
    auto value = text_.substr(from, at_ - from);
    value = value.substr(0, value.find(" #"));
    values_[name] = expand(std::string(trim(value)), from);
  }

  void quoted(const std::string& name) {
    const auto from = at_;
    const char quote = text_[at_++];
    std::string value;
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        escape(quote, value);
      } else {
        value += text_[at_];
      }
    }
    if (at_ >= text_.size()) {
      error(from, fmt::format("the value of {} has no closing {}", name, quote), "close the quote, or leave both away");
      return;
    }
    ++at_;
    values_[name] = quote == '"' ? expand(value, from) : value;
    skip_blanks();
    const auto end = end_of_line();
    if (at_ < end && text_[at_] != '#') {
      error(at_, fmt::format("unexpected text after the closing {} of {}", quote, name),
            "remove it, or begin a comment with '#'");
    }
    at_ = end;
  }

  // The sequence at at_, which is a backslash; at_ ends on its last byte.
  void escape(char quote, std::string& out) {
    constexpr std::string_view letters = "abfnrtv", meanings = "\a\b\f\n\r\t\v";
    const char c = text_[++at_];
    if (c == quote) {
      out += c;
    } else if (quote == '\'') {
      (out += '\\') += c;
    } else if (const auto letter = letters.find(c); letter != std::string_view::npos) {
      out += meanings[letter];
    } else if (c == '\\') {
      out += c;
    } else if (c == '$') {
      out += "$$";  // what a dollar sign is to the variables, which come next
    } else if (c == '0') {
      octal(out);
    } else {
      (out += '\\') += c;
    }
  }

  // \0 and three octal digits are a character; with fewer they stay as they are.
  void octal(std::string& out) {
    const auto digits = text_.substr(at_ + 1, 3);
    if (digits.size() == 3 && digits.find_first_not_of("01234567") == std::string_view::npos && digits[0] < '4') {
      append_utf8(out, static_cast<unsigned>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0')));
      at_ += 3;
    } else {
      out += "\\0";
    }
  }

  std::string expand(const std::string& value, std::size_t at) {
    const auto lookup = [this](std::string_view name) -> std::optional<std::string> {
      if (auto outer = environment_(name)) return outer;
      const auto found = values_.find(name);
      if (found == values_.end()) return std::nullopt;
      return found->second;
    };
    auto result = interpolate(value, lookup);
    for (const auto& problem : result.errors) error(at, problem.message, problem.hint);
    return std::move(result.text);
  }

  const Source& source_;
  std::string_view text_;
  const Environment& environment_;
  Diagnostics& diagnostics_;
  Variables values_;
  std::size_t at_ = 0;
};

}  // namespace

Variables parse_dotenv(const Source& source, const Environment& environment, Diagnostics& diagnostics) {
  if (const auto nul = source.text().find('\0'); nul != std::string::npos) {
    diagnostics.add(source.position(nul), 1, "a zero byte: this is not a text file", "name a file of KEY=VALUE lines");
    return {};
  }
  return Lines(source, environment, diagnostics).read();
}

}  // namespace saasctl::yaml
