// Which handler answers a method and a path. A pattern is literal segments and {named} ones, as in OpenAPI's paths:
// /v1/conversations/{id}/messages. Immutable once built; lookups may come from any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace saasctl::services {

using PathParameters = std::map<std::string, std::string, std::less<>>;

class RoutePattern {
 public:
  explicit RoutePattern(std::string text);

  // The values of the named segments, percent-decoded; nullopt when the path is another one. Empty values don't match.
  [[nodiscard]] std::optional<PathParameters> match(std::string_view path) const;

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  struct Segment {
    std::string text;  // literal text, or the name
    bool named;
  };
  std::string text_;
  std::vector<Segment> segments_;
};

struct MethodNotAllowed {
  std::string allowed;  // for the Allow header (RFC 9110, section 10.2.1)
};
struct NotFound {};

template <class Handler>
class RouteTable {
 public:
  struct Match {
    const Handler* handler;  // owned by the table
    std::string_view route;  // the pattern's text, owned by the table
    PathParameters parameters;
  };
  using Lookup = std::variant<Match, MethodNotAllowed, NotFound>;

  void add(std::string method, std::string pattern, Handler handler) {
    routes_.push_back({std::move(method), RoutePattern(std::move(pattern)), std::move(handler)});
  }

  // HEAD is answered by GET's handler (RFC 9110, section 9.3.2); the server leaves the body out.
  [[nodiscard]] Lookup find(std::string_view method, std::string_view path) const {
    const std::string_view wanted = method == "HEAD" ? "GET" : method;
    std::string allowed;
    for (const Route& route : routes_) {
      auto parameters = route.pattern.match(path);
      if (!parameters) continue;
      if (route.method == wanted) return Match{&route.handler, route.pattern.text(), std::move(*parameters)};
      allowed += (allowed.empty() ? "" : ", ") + route.method;
      if (route.method == "GET") allowed += ", HEAD";
    }
    if (allowed.empty()) return NotFound{};
    return MethodNotAllowed{std::move(allowed)};
  }

 private:
  struct Route {
    std::string method;
    RoutePattern pattern;
    Handler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace saasctl::services
