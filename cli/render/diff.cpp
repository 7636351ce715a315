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

// Myers's greedy algorithm; the trace of furthest points is walked back to the edits.
std::vector<Edit> edits(const Lines& a, const Lines& b) {
  const auto n = static_cast<long>(a.size()), m = static_cast<long>(b.size()), most = n + m;
  std::vector<long> furthest(static_cast<std::size_t>(2 * most + 2), 0);
  std::vector<std::vector<long>> trace;
  const auto at = [&](std::vector<long>& v, long k) -> long& { return v[static_cast<std::size_t>(k + most)]; };
  for (long d = 0; d <= most; ++d) {
    trace.push_back(furthest);
    bool done = false;
    for (long k = -d; k <= d && !done; k += 2) {
      long x = k == -d || (k != d && at(furthest, k - 1) < at(furthest, k + 1)) ? at(furthest, k + 1) : at(furthest, k - 1) + 1;
      long y = x - k;
      while (x < n && y < m && a[static_cast<std::size_t>(x)] == b[static_cast<std::size_t>(y)]) ++x, ++y;
      at(furthest, k) = x;
      done = x >= n && y >= m;
    }
    if (done) break;
  }
  std::vector<Edit> script;
  long x = n, y = m;
  for (long d = static_cast<long>(trace.size()) - 1; d >= 0; --d) {
    auto& v = trace[static_cast<std::size_t>(d)];
    const long k = x - y;
    const long previous_k = k == -d || (k != d && at(v, k - 1) < at(v, k + 1)) ? k + 1 : k - 1;
    const long previous_x = d == 0 ? 0 : at(v, previous_k), previous_y = d == 0 ? 0 : previous_x - previous_k;
    while (x > previous_x && y > previous_y) {
      --x, --y;
      script.push_back({' ', static_cast<std::size_t>(x), static_cast<std::size_t>(y)});
    }
    if (d == 0) break;
    script.push_back({x == previous_x ? '+' : '-', static_cast<std::size_t>(previous_x), static_cast<std::size_t>(previous_y)});
    x = previous_x, y = previous_y;
  }
  std::ranges::reverse(script);
  return script;
}

std::string range(std::size_t start, std::size_t count) {
  return count == 1 ? std::to_string(start + 1) : fmt::format("{},{}", count == 0 ? start : start + 1, count);
}

}  // namespace

std::string unified_diff(std::string_view from_name, std::string_view from, std::string_view to_name, std::string_view to) {
  if (from == to) return "";
  constexpr std::size_t context = 3;
  const auto a = lines_of(from), b = lines_of(to);
  const auto script = edits(a, b);
  auto out = fmt::format("--- {}\n+++ {}\n", from_name, to_name);
  for (std::size_t i = 0; i < script.size();) {
    const auto first = std::find_if(script.begin() + static_cast<long>(i), script.end(), [](const Edit& e) { return e.kind != ' '; });
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
