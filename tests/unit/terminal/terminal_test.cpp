#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "catch.hpp"
#include "terminal/board.hpp"
#include "terminal/raw.hpp"
#include "terminal/table.hpp"

namespace saasctl::terminal_test {

using namespace saasctl::terminal;

namespace {

// What is written to stderr, or to the stream, while `work` runs.
template <typename Work>
std::string captured(Work work, std::FILE* stream = stderr) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  std::fflush(stream);
  const int saved = ::dup(::fileno(stream));
  ::dup2(::fileno(file), ::fileno(stream));
  work();
  std::fflush(stream);
  ::dup2(saved, ::fileno(stream));
  ::close(saved);
  std::string text(static_cast<std::size_t>(std::ftell(file)), '\0');
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

long count(const std::string& text, const std::string& part) {
  long found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("a table has two spaces between its columns and none at line ends") {
  CHECK(table({"NAME", "STATE"}, {{"a", "up"}, {"löng", ""}, {"c", "x", "more"}}) ==
        "NAME  STATE\na     up\nlöng\nc     x      more\n");
}

TEST_CASE("a board in a log writes one line a change") {
  const Terminal terminal({ProgressMode::plain, false});
  const auto text = captured([&] {
    Board board(terminal, "up");
    board.update("db", TaskState::working, "starting");
    board.update("db", TaskState::working, "starting");
    board.line("db", "a line of its log");
    board.update("db", TaskState::done, "healthy");
  });
  CHECK(count(text, "\n") == 3);
  CHECK(count(text, "starting") == 1);
  CHECK(text.find("db | a line of its log\n") != std::string::npos);
  CHECK(text.find("db  healthy\n") != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("a board for machines writes JSON lines, a quiet one nothing") {
  const Terminal machines({ProgressMode::json, false});
  const auto text = captured([&] {
    Board board(machines, "build");
    board.update("web", TaskState::failed, "\xff");
  });
  const auto json = nlohmann::json::parse(text);
  CHECK(json["verb"] == "build");
  CHECK(json["task"] == "web");
  CHECK(json["state"] == "failed");
  const Terminal quiet({ProgressMode::quiet, false});
  CHECK(captured([&] {
          Board board(quiet, "up");
          board.update("db", TaskState::done, "x");
          board.line("db", "y");
        }).empty());
}

TEST_CASE("a live board leaves the last state of every task") {
  const Terminal terminal({ProgressMode::tty, false});
  const auto text = captured([&] {
    Board board(terminal, "up");
    board.update("db", TaskState::working, "starting");
    board.update("web", TaskState::done, "healthy");
    board.finish();
    board.finish();
  });
  const auto last = text.substr(text.rfind("\x1b[2A") == std::string::npos ? 0 : text.rfind("\x1b[2A"));
  CHECK(last.find("… db ") != std::string::npos);
  CHECK(last.find("✔ web") != std::string::npos);
}

TEST_CASE("a live board draws no more lines than the terminal has") {
  winsize size{.ws_row = 6, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  int ours = -1;
  int theirs = -1;
  REQUIRE(::openpty(&ours, &theirs, nullptr, nullptr, &size) == 0);
  const int saved = ::dup(STDERR_FILENO);
  ::dup2(theirs, STDERR_FILENO);
  std::string frame;
  {
    const Terminal terminal({ProgressMode::tty, false});
    Board board(terminal, "up");
    for (int i = 0; i < 20; ++i)
      board.update("done" + std::to_string(i), i == 19 ? TaskState::working : TaskState::done, "started");
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    std::string buffer(64 * 1024, '\0');
    frame.assign(buffer, 0, static_cast<std::size_t>(::read(ours, buffer.data(), buffer.size())));
  }
  ::dup2(saved, STDERR_FILENO);
  for (const int descriptor : {saved, ours, theirs}) ::close(descriptor);
  const auto end = frame.rfind("\x1b[5A");
  REQUIRE(end != std::string::npos);
  const auto begin = frame.rfind("\x1b[5A", end - 1);
  const auto last = begin == std::string::npos ? frame.substr(0, end) : frame.substr(begin, end - begin);
  CHECK(count(last, "\n") == 5);
  CHECK(last.find("done19") != std::string::npos);
  CHECK(last.find("and 16 more") != std::string::npos);
}

TEST_CASE("live lines are written over one by one and never erased first") {
  const Terminal terminal({ProgressMode::tty, false});
  const auto text = captured([&] {
    Board board(terminal, "build");
    board.update("one", TaskState::working, "x");
    board.update("two", TaskState::working, "x");
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    board.show("one", "[2/3] RUN make");
    board.line("one", "a line that stays");
    board.step("one", "[2/3] RUN make", StepState::done, 1);
    board.output("one", "[2/3] RUN make", "not shown");
  });
  CHECK(text.find("\x1b[J") == std::string::npos);
  CHECK(text.find("\x1b[2Aone | a line that stays\x1b[K\n") != std::string::npos);
  CHECK(text.find("[2/3] RUN make\x1b[K\n") != std::string::npos);
  CHECK(text.find("not shown") == std::string::npos);
  CHECK(text.find("done") == std::string::npos);
}

TEST_CASE("a log has steps, their output, how they ended and warnings, and machines get them whole") {
  const auto play = [](Board& board) {
    board.show("web", "nothing in a log");
    board.step("web", "[a 2/3] RUN make", StepState::begun, 0);
    board.output("web", "[a 2/3] RUN make", "cc x.c");
    board.step("web", "[a 2/3] RUN make", StepState::done, 2.5);
    board.step("web", "[a 3/3] COPY x y", StepState::cached, 0);
    board.step("web", "[a 3/3] COPY x y", StepState::failed, 1);
    board.warning("web", "be careful");
  };
  const Terminal plain({ProgressMode::plain, false});
  auto text = captured([&] {
    Board board(plain, "build");
    play(board);
  });
  for (auto at = text.find("  0.0s "); at != std::string::npos; at = text.find("  0.0s ")) text.erase(at, 7);
  CHECK(text ==
        "web  [a 2/3] RUN make\nweb | [a 2/3] cc x.c\nweb  [a 2/3] RUN make: done in 2.5s\n"
        "web  [a 3/3] COPY x y: cached\nweb  [a 3/3] COPY x y: failed after 1.0s\nwarning: web: be careful\n");
  const Terminal machines({ProgressMode::json, false});
  const auto lines = captured([&] {
    Board board(machines, "build");
    play(board);
  });
  CHECK(count(lines, "\n") == 6);
  CHECK(lines.find(R"({"verb":"build","task":"web","step":"[a 2/3] RUN make","result":"done","duration":2.5,)") !=
        std::string::npos);
  CHECK(lines.find(R"({"verb":"build","task":"web","step":"[a 2/3] RUN make","line":"cc x.c"})") != std::string::npos);
  CHECK(lines.find(R"({"verb":"build","task":"web","warning":"be careful"})") != std::string::npos);
}

TEST_CASE("an error says what to do, and one with a place is shown as it is") {
  const Terminal terminal({ProgressMode::plain, false});
  CHECK(captured([&] {
          terminal.error({ErrorKind::failed, "it broke", "mend it"});
        }) == "error: it broke\n       mend it\n");
  CHECK(captured([&] { terminal.error({ErrorKind::usage, "f:1:2: error: x", ""}); }) == "f:1:2: error: x\n");
}

TEST_CASE("text of others gets to a terminal without control characters, whichever way it takes") {
  const std::string hostile =
      "a\x1b]0;pwn\x07\xc2\x9b"
      "31m\xff\rb";
  const std::string shown = "a\\x1b]0;pwn\\x07\\u009b31m\\xff\\rb";
  const Terminal terminal({ProgressMode::plain, true});
  CHECK(captured([&] { terminal.message(hostile); }) == shown + "\n");
  CHECK(captured([&] { terminal.warning(hostile); }) == "warning: " + shown + "\n");
  CHECK(captured([&] {
          terminal.error({ErrorKind::failed, hostile, hostile});
        }) == "error: " + shown + "\n       " + shown + "\n");
  CHECK(captured([&] {
          terminal.error({ErrorKind::usage, "f:1:2: error: " + hostile, ""});
        }) == "f:1:2: error: " + shown + "\n");
  CHECK(captured([&] { write_lines(hostile); }) == shown + "\n");
  CHECK(captured([&] { terminal.data(hostile); }, stdout) == shown);
  CHECK(captured([&] { write_listing(terminal, "table", hostile); }, stdout) == shown);
  CHECK(captured([&] { write_listing(terminal, "json", hostile); }, stdout) == hostile);
  CHECK(captured([&] { write_raw(hostile); }, stdout) == hostile);
  CHECK(terminal.paint(Tone::plain, hostile) == shown);
  CHECK(table({"N"}, {{hostile + "\nN"}}) == "N\n" + shown + "\\nN\n");
}

TEST_CASE("later lines of others cannot pass for messages of ours") {
  const Terminal terminal({ProgressMode::plain, false});
  CHECK(captured([&] {
          terminal.error({ErrorKind::failed, "boom\nerror: forged\n", "try\nerror: again"});
        }) == "error: boom\n       error: forged\n       try\n         error: again\n");
  // The engine's words have no place, whatever they look like.
  CHECK(captured([&] {
          terminal.error({ErrorKind::failed, "error: forged\nerror: forged", ""});
        }) == "error: error: forged\n       error: forged\n");
  CHECK(captured([&] { terminal.warning("a\r\nerror: forged"); }) == "warning: a\n       error: forged\n");
  CHECK(captured([&] { terminal.message("         exit code 1: a\nerror: forged"); }) ==
        "         exit code 1: a\n           error: forged\n");
}

TEST_CASE("a board shows names and texts of others as one line, and JSON has them as they are") {
  const auto written = [](ProgressMode mode) {
    return captured([&] {
      const Terminal terminal({mode, false});
      Board board(terminal, "up");
      board.update("n\x1b", TaskState::failed, "t\x1b[2J\nerror: forged");
      board.line("n\x1b", "l\x1b[2J\nerror: forged");
      board.finish();
    });
  };
  const auto plain = written(ProgressMode::plain);
  CHECK(plain.find("n\\x1b  t\\x1b[2J\\nerror: forged\n") != std::string::npos);
  CHECK(plain.find("n\\x1b | l\\x1b[2J\\nerror: forged\n") != std::string::npos);
  CHECK(plain.find('\x1b') == std::string::npos);
  const auto live = written(ProgressMode::tty);
  CHECK(live.find("t\\x1b[2J\\nerror: forged") != std::string::npos);
  CHECK(live.find("\nerror:") == std::string::npos);
  const auto json = written(ProgressMode::json);
  CHECK(nlohmann::json::parse(json.substr(0, json.find('\n')))["text"] == "t\x1b[2J\nerror: forged");
}

TEST_CASE("durations and sizes for people") {
  CHECK(short_duration(0.04) == "0.0s");
  CHECK(short_duration(59.94) == "59.9s");
  CHECK(short_duration(59.96) == "1m00s");
  CHECK(short_duration(125) == "2m05s");
  CHECK(short_size(999) == "999 B");
  CHECK(short_size(12'345'678) == "12.3 MB");
  CHECK(short_size(999'999) == "1.0 MB");
}

}  // namespace saasctl::terminal_test
