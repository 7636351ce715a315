#include "codegen/lexer.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace saasctl::codegen {

namespace {

bool begins_word(char letter) {
  return std::isalpha(static_cast<unsigned char>(letter)) != 0 || letter == '_';
}
bool continues_word(char letter) {
  return begins_word(letter) || std::isdigit(static_cast<unsigned char>(letter)) != 0;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return result;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::expected<std::vector<Token>, Diagnostic> run() {
    while (at_ < text_.size()) {
      if (auto failed = next(); !failed) return std::unexpected(failed.error());
    }
    add(Token::Kind::end, at_, "");
    return std::move(tokens_);
  }

 private:
  std::expected<void, Diagnostic> next() {
    const char letter = text_[at_];
    if (std::isspace(static_cast<unsigned char>(letter)) != 0) {
      ++at_;
      return {};
    }
    if (text_.substr(at_).starts_with("--")) return line_comment();
    if (text_.substr(at_).starts_with("/*")) return block_comment();
    if (letter == '\'') return quoted('\'', Token::Kind::string);
    if (letter == '"') return quoted('"', Token::Kind::word);
    if (letter == '@') return parameter();
    if (begins_word(letter)) return word();
    if (std::isdigit(static_cast<unsigned char>(letter)) != 0) return number();
    return symbol();
  }

  void add(Token::Kind kind, std::size_t begin, std::string text) {
    tokens_.push_back({kind, std::move(text), begin, at_ - begin});
  }

  std::expected<void, Diagnostic> line_comment() {
    const std::size_t begin = at_;
    at_ = std::min(text_.find('\n', at_), text_.size());
    std::string_view comment = text_.substr(begin + 2, at_ - begin - 2);
    comment.remove_prefix(std::min(comment.find_first_not_of(' '), comment.size()));
    constexpr std::string_view kName = "name:";
    if (comment.starts_with(kName)) add(Token::Kind::annotation, begin, std::string(comment.substr(kName.size())));
    return {};
  }

  std::expected<void, Diagnostic> block_comment() {
    const std::size_t end = text_.find("*/", at_ + 2);
    if (end == std::string_view::npos) return std::unexpected(Diagnostic{at_, "this comment is never closed with */"});
    at_ = end + 2;
    return {};
  }

  std::expected<void, Diagnostic> quoted(char quote, Token::Kind kind) {
    const std::size_t begin = at_++;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] != quote) continue;
      const bool doubled = at_ + 1 < text_.size() && text_[at_ + 1] == quote;
      if (!doubled) break;
      ++at_;
    }
    if (at_ >= text_.size())
      return std::unexpected(Diagnostic{begin, std::string("this ") + quote + " is never closed"});
    ++at_;
    const bool keep_quotes = kind == Token::Kind::string;
    const std::string_view body = text_.substr(begin, at_ - begin);
    add(kind, begin, std::string(keep_quotes ? body : body.substr(1, body.size() - 2)));
    return {};
  }

  std::expected<void, Diagnostic> parameter() {
    const std::size_t begin = at_++;
    while (at_ < text_.size() && continues_word(text_[at_])) ++at_;
    if (at_ == begin + 1) return std::unexpected(Diagnostic{begin, "expected a parameter's name behind @"});
    add(Token::Kind::parameter, begin, lower(text_.substr(begin + 1, at_ - begin - 1)));
    return {};
  }

  std::expected<void, Diagnostic> word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && continues_word(text_[at_])) ++at_;
    add(Token::Kind::word, begin, lower(text_.substr(begin, at_ - begin)));
    return {};
  }

  std::expected<void, Diagnostic> number() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (continues_word(text_[at_]) || text_[at_] == '.')) ++at_;
    add(Token::Kind::number, begin, std::string(text_.substr(begin, at_ - begin)));
    return {};
  }

  std::expected<void, Diagnostic> symbol() {
    constexpr std::array<std::string_view, 7> kPairs = {"::", "<=", ">=", "<>", "!=", "||", "->"};
    constexpr std::string_view kSingles = "(),;.*=<>+-/%[]";
    const std::string_view rest = text_.substr(at_);
    const auto pair = std::ranges::find_if(kPairs, [rest](std::string_view two) { return rest.starts_with(two); });
    if (pair == kPairs.end() && kSingles.find(rest.front()) == std::string_view::npos) {
      return std::unexpected(Diagnostic{at_, std::string("'") + rest.front() + "' is not understood here"});
    }
    const std::size_t begin = at_;
    at_ += pair == kPairs.end() ? 1 : 2;
    add(Token::Kind::symbol, begin, std::string(text_.substr(begin, at_ - begin)));
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::expected<std::vector<Token>, Diagnostic> tokenize(std::string_view text) {
  return Lexer(text).run();
}

}  // namespace saasctl::codegen
