#include "render/diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace saasctl::render {
namespace {

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

struct Edit {
  char kind;  // ' ', '-' or '+'
  std::size_t from;
  std::size_t to;
};

// The furthest x on each diagonal -d … d, after d edits.
class Frontier {
 public:
  explicit Frontier(long d) : d_(d), furthest_(static_cast<std::size_t>(2 * d + 1), -1) {}
  long at(long k) const { return k < -d_ || k > d_ ? -1 : furthest_[static_cast<std::size_t>(k + d_)]; }
  void set(long k, long x) { furthest_[static_cast<std::size_t>(k + d_)] = x; }

 private:
  long d_;
  std::vector<long> furthest_;
};

// Whether the path to diagonal k comes from above (an insertion) rather than from the left (a deletion).
bool from_insertion(const Frontier& before, long k) {
  return before.at(k - 1) < before.at(k + 1);
}

constexpr long most_edits = 4'000;  // memory grows with their square: 128 MB

// Myers's greedy algorithm. The frontiers of 0, 1, … edits until the end is reached; empty when it is too far.
std::vector<Frontier> search(const Lines& a, const Lines& b) {
  const auto n = static_cast<long>(a.size()), m = static_cast<long>(b.size());
  std::vector<Frontier> trace;
  for (long d = 0; d <= std::min(n + m, most_edits); ++d) {
    Frontier now(d);
    bool done = false;
    for (long k = -d; k <= d && !done; k += 2) {
      long x = 0;
      if (d > 0) x = from_insertion(trace.back(), k) ? trace.back().at(k + 1) : trace.back().at(k - 1) + 1;
      while (x < n && x - k < m && a[static_cast<std::size_t>(x)] == b[static_cast<std::size_t>(x - k)]) ++x;
      now.set(k, x);
      done = x >= n && x - k >= m;
    }
    trace.push_back(std::move(now));
    if (done) return trace;
  }
  return {};
}

std::vector<Edit> replace_all(const Lines& a, const Lines& b) {
  std::vector<Edit> script;
  for (std::size_t i = 0; i < a.size(); ++i) script.push_back({'-', i, 0});
  for (std::size_t i = 0; i < b.size(); ++i) script.push_back({'+', a.size(), i});
  return script;
}

std::vector<Edit> edits(const Lines& a, const Lines& b) {
  const auto trace = search(a, b);
  if (trace.empty()) return replace_all(a, b);
  std::vector<Edit> script;
  const auto add = [&](char kind, long x, long y) {
    script.push_back({kind, static_cast<std::size_t>(x), static_cast<std::size_t>(y)});
  };
  auto x = static_cast<long>(a.size()), y = static_cast<long>(b.size());
  for (std::size_t d = trace.size() - 1; d > 0; --d) {
    const auto& before = trace[d - 1];
    const long k = x - y;
    const bool insertion = from_insertion(before, k);
    const long previous_x = insertion ? before.at(k + 1) : before.at(k - 1);
    const long previous_y = previous_x - (insertion ? k + 1 : k - 1);
    const long after_edit = insertion ? previous_x : previous_x + 1;
    while (x > after_edit) add(' ', --x, --y);
    add(insertion ? '+' : '-', previous_x, previous_y);
    x = previous_x, y = previous_y;
  }
  while (x > 0) add(' ', --x, --y);
  std::ranges::reverse(script);
  return script;
}

std::string range(std::size_t start, std::size_t count) {
  return count == 1 ? std::to_string(start + 1) : fmt::format("{},{}", count == 0 ? start : start + 1, count);
}

}  // namespace

std::string unified_diff(std::string_view from_name, std::string_view from, std::string_view to_name,
                         std::string_view to) {
  if (from == to) return "";
  constexpr std::size_t context = 3;
  const auto a = lines_of(from), b = lines_of(to);
  const auto script = edits(a, b);
  auto out = fmt::format("--- {}\n+++ {}\n", from_name, to_name);
  for (std::size_t i = 0; i < script.size();) {
    const auto first =
        std::find_if(script.begin() + static_cast<long>(i), script.end(), [](const Edit& e) { return e.kind != ' '; });
    if (first == script.end()) break;
    const auto change = static_cast<std::size_t>(first - script.begin());
    const std::size_t begin = change - std::min(change - i, context);
    std::size_t end = change, quiet = 0;
    for (std::size_t j = change; j < script.size() && quiet <= 2 * context; ++j) {
      quiet = script[j].kind == ' ' ? quiet + 1 : 0;
      if (quiet == 0) end = j + 1;
    }
    end = std::min(end + context, script.size());
    std::size_t removed = 0, added = 0;
    std::string body;
    for (std::size_t j = begin; j < end; ++j) {
      const auto line = script[j].kind == '+' ? b[script[j].to] : a[script[j].from];
      removed += script[j].kind != '+';
      added += script[j].kind != '-';
      body += script[j].kind;
      body += line;
      if (!line.ends_with('\n')) body += "\n\\ No newline at end of file\n";
    }
    out += fmt::format("@@ -{} +{} @@\n{}", range(script[begin].from, removed), range(script[begin].to, added), body);
    i = end;
  }
  return out;
}

}  // namespace saasctl::render
