// Broken variations of the bundled stack file: whatever a slip of the hand does to it, it is read to the end, and what
// is wrong has a place.
#include <algorithm>
#include <chrono>

#include "catch.hpp"
#include "generated.hpp"
#include "stack_text.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

using namespace saasctl;
using namespace saasctl::stack;

namespace {

using Lines = std::vector<std::string>;

std::size_t indentation(const std::string& line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

// One change of some lines of the file.
void change_lines(Lines& lines, Generator& random) {
  const auto i = random.below(lines.size()), k = random.below(lines.size());
  switch (random.below(8)) {
    case 0:
      lines.erase(lines.begin() + static_cast<long>(i));
      break;
    case 1:
      lines.insert(lines.begin() + static_cast<long>(k), lines[i]);
      break;
    case 2:
      std::swap(lines[i], lines[k]);
      break;
    case 3:
      lines[i].insert(0, 1 + random.below(4), ' ');
      break;
    case 4:
      lines[i].erase(0, std::min(indentation(lines[i]), 1 + random.below(3)));
      break;
    case 5:
      lines[i].insert(0, "\t");
      break;
    case 6:
      lines[i] +=
          random.pick<std::string>({":", " {", " [", "\"", "'", " *nobody", " &x", " |", " ${", " !tag", ", ,"});
      break;
    default:
      lines.resize(std::max<std::size_t>(i, 1));
  }
}

// Another value in place of what stands behind a key.
void change_value(Lines& lines, Generator& random) {
  static const std::vector<std::string> values{"",
                                               "5",
                                               "-1",
                                               "true",
                                               "[]",
                                               "{}",
                                               "[a, [b]]",
                                               "{a: {b: c}}",
                                               "\"\"",
                                               "~",
                                               "99999999999999999999",
                                               "1e400",
                                               "nan",
                                               "10x",
                                               "${",
                                               "${A:?need}",
                                               "$",
                                               "*service",
                                               "!x y",
                                               "\"\\u0000\"",
                                               "\"\\xff\"",
                                               "'",
                                               "x: y",
                                               "- x",
                                               "../..",
                                               "all",
                                               "\xc3\xa9",
                                               "\x7f"};
  auto& line = lines[random.below(lines.size())];
  const auto colon = line.find(": ");
  if (colon != std::string::npos) line = line.substr(0, colon + 2) + random.pick(values);
}

// A name with a slip of the fingers.
void change_name(std::string& text, Generator& random) {
  static const std::vector<std::string> names{
      "services",   "image",     "healthcheck", "depends_on", "postgres",        "auth-service", "saas-network",
      "redis-data", "jwt-key",   "cpp-service", "condition",  "service_healthy", "secrets",      "expect",
      "capture",    "{{token}}", "status",      "defaults",   "interval",        "ports",        "*environment"};
  const auto& name = random.pick(names);
  std::vector<std::size_t> places;
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) places.push_back(at);
  if (places.empty()) return;
  auto wrong = name;
  const auto at = random.below(wrong.size());
  if (random.one_in(2))
    wrong.erase(at, 1);
  else
    wrong.insert(at, 1, wrong[at]);
  text.replace(random.pick(places), name.size(), wrong);
}

void change_bytes(std::string& text, Generator& random) {
  const auto at = random.below(text.size());
  switch (random.below(4)) {
    case 0:
      text[at] = static_cast<char>(random.below(256));
      break;
    case 1:
      text.erase(at, 1 + random.below(20));
      break;
    case 2:
      text.insert(
          at, 1,
          random.pick<char>({'{', '}', '[', ']', ':', '#', '\'', '"', '&', '*', '\n', '\0', '\xff', '$', '%', '@'}));
      break;
    default:
      text.resize(std::max<std::size_t>(at, 1));
  }
}

std::string variation(const std::string& text, Generator& random) {
  auto out = text;
  for (auto changes = 1 + random.below(3); changes > 0; --changes) {
    const auto kind = random.below(4);
    if (kind == 0) {
      change_bytes(out, random);
    } else if (kind == 1) {
      change_name(out, random);
    } else {
      auto lines = split(out, '\n');
      if (kind == 2)
        change_lines(lines, random);
      else
        change_value(lines, random);
      out = join(lines, "\n");
    }
    if (out.empty()) out = "x";
  }
  return out;
}

}  // namespace

TEST_CASE("a thousand broken stack files are read without a crash, and every error has its place") {
  const auto text = read_file(SAASCTL_SOURCE_DIR "/stack.yaml");
  REQUIRE(text);
  const auto environment = environment_of({});
  Generator random(1815);
  std::size_t broken = 0;
  for (int i = 0; i < 1'200; ++i) {
    const auto wrong = variation(*text, random);
    const auto start = std::chrono::steady_clock::now();
    const auto read = read_text(wrong, i % 2 == 0 ? Mode::resolve : Mode::keep, environment);
    INFO("variation " << i << "\n" << read.errors());
    if (std::chrono::steady_clock::now() - start > std::chrono::seconds(10)) FAIL("it took too long");
    if (read.diagnostics.empty()) REQUIRE(read.document);
    broken += read.diagnostics.empty() ? 0 : 1;
    const auto lines = static_cast<std::size_t>(std::count(wrong.begin(), wrong.end(), '\n')) + 1;
    for (const auto& diagnostic : read.diagnostics.list()) {
      INFO(diagnostic.message);
      REQUIRE(diagnostic.at);
      REQUIRE(diagnostic.at.line >= 1);
      REQUIRE(diagnostic.at.line <= lines);
      REQUIRE(diagnostic.at.column >= 1);
      REQUIRE(diagnostic.at.column <= wrong.size() + 1);
      REQUIRE_FALSE(diagnostic.message.empty());
    }
  }
  CHECK(broken >= 600);
}
