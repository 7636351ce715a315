// Paths of the Engine API. Source: RFC 3986, sections 2.3 (unreserved characters), 3.3 (paths) and 5.2.4 (dot
// segments).
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace saasctl::engine {

// What follows the version: "/containers/4f2a/json". The first part is text of this program, which the compiler checks;
// every other part is percent-encoded. So a name from a file or from an engine's answer is always the name of one
// thing and never another path.
class ApiPath {
 public:
  class Literal {
   public:
    // Accepts "/a/b" of lower-case letters only; anything else does not compile.
    consteval Literal(const char* text) : text_(text) {
      if (text_.size() < 2 || text_.front() != '/') throw std::invalid_argument("a path begins with /");
      for (const char c : text_) {
        if ((c < 'a' || c > 'z') && c != '/') throw std::invalid_argument("a path is made of lower-case letters");
      }
    }
    std::string_view text() const { return text_; }

   private:
    std::string_view text_;
  };

  explicit ApiPath(Literal start) : text_(start.text()) {}

  // One more segment: a name, an id or a verb. A slash in it is encoded.
  ApiPath operator/(std::string_view segment) const;

  // An image reference or id: its slashes stay, because the API takes references as several segments.
  ApiPath image(std::string_view reference) const;

  const std::string& text() const { return text_; }

  // False once a part was refused: an empty one, or one with an empty, "." or ".." piece between slashes. An engine
  // decodes a path before it resolves the dots, so encoding alone does not make such a part harmless. Client sends
  // nothing to such a path and names the part.
  bool is_valid() const { return refused_.empty(); }
  const std::string& refused() const { return refused_; }  // in quotes; empty when the path is valid

 private:
  void append(std::string_view part, bool keep_slashes);

  std::string text_;
  std::string refused_;
};

}  // namespace saasctl::engine
