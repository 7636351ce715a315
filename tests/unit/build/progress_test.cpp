#include "build/progress.hpp"

#include <array>
#include <protozero/pbf_writer.hpp>

#include "build/step_view.hpp"
#include "catch.hpp"

namespace saasctl::progress_test {

using namespace saasctl::build;

namespace {

using protozero::pbf_writer;

struct VertexText {
  std::string digest = {};
  std::string name = {};
  bool cached = false;
  int started = 0;
  int completed = 0;
  std::string error = {};
};

std::string vertex(const VertexText& v) {
  std::string response;
  {
    pbf_writer outer(response);
    pbf_writer inner(outer, 1);
    inner.add_string(1, v.digest);
    inner.add_string(2, "an input");
    inner.add_string(3, v.name);
    if (v.cached) inner.add_bool(4, true);
    for (const auto& [tag, seconds] : {std::pair{5u, v.started}, std::pair{6u, v.completed}}) {
      if (seconds == 0) continue;
      pbf_writer time(inner, tag);
      time.add_int64(1, seconds);
      time.add_int32(2, 5);
    }
    if (!v.error.empty()) inner.add_string(7, v.error);
  }
  return response;
}

std::string log(const std::string& digest, const std::string& text, int stream = 1) {
  std::string response;
  {
    pbf_writer outer(response);
    pbf_writer inner(outer, 3);
    inner.add_string(1, digest);
    inner.add_int64(3, stream);
    inner.add_bytes(4, text);
  }
  return response;
}

struct Recorder {
  std::vector<std::string> events;
  ProgressSink sink() {
    return [this](const Progress& progress) {
      if (const auto* s = std::get_if<StepChanged>(&progress)) {
        events.push_back(s->step.name + (s->step.cached ? " cached" : "") + (s->step.started ? " started" : "") +
                         (s->step.completed ? " completed" : "") + (s->step.error.empty() ? "" : " failed"));
      } else if (const auto* o = std::get_if<StepOutput>(&progress)) {
        events.push_back(o->digest + (o->standard_error ? "! " : "> ") + o->line);
      } else if (const auto* t = std::get_if<StepTransfer>(&progress)) {
        events.push_back(t->id + " " + std::to_string(t->current) + "/" + std::to_string(t->total));
      } else if (const auto* w = std::get_if<BuildWarning>(&progress)) {
        events.push_back("warning " + w->message);
      }
    };
  }
};

using Events = std::vector<std::string>;

}  // namespace

TEST_CASE("steps are told when they change, and only then") {
  Recorder recorder;
  ProgressModel model(recorder.sink());
  REQUIRE(model.feed(vertex({.digest = "d1", .name = "one"}) + vertex({.digest = "d2", .name = "two", .started = 1})));
  REQUIRE(model.feed(vertex({.digest = "d1", .name = "one"})));
  REQUIRE(model.feed(vertex({.digest = "d2", .name = "two", .started = 1, .completed = 3})));
  REQUIRE(model.feed(vertex({.digest = "d1", .name = "one", .cached = true, .started = 2, .completed = 2})));
  CHECK(recorder.events == Events{"one", "two started", "two started completed", "one cached started completed"});
  REQUIRE(model.steps().size() == 2);
  CHECK(model.steps()[0].digest == "d1");
  const auto took = *model.steps()[1].completed - *model.steps()[1].started;
  CHECK(took == std::chrono::seconds(2));
  CHECK(model.failed_step() == nullptr);
}

TEST_CASE("output is put together to lines, stream by stream") {
  Recorder recorder;
  ProgressModel model(recorder.sink());
  REQUIRE(model.feed(log("d", "one\ntw")));
  REQUIRE(model.feed(log("d", "o\r\nthree")));
  REQUIRE(model.feed(log("e", "other\n")));
  REQUIRE(model.feed(log("d", "warn\n", 2)));
  REQUIRE(model.feed(log("d", "no end")));
  model.finish();
  CHECK(recorder.events == Events{"d> one", "d> two", "e> other", "d! warn", "d> threeno end"});
  CHECK(model.last_lines("d") == Events{"one", "two", "warn", "threeno end"});
  CHECK(model.last_lines("unknown").empty());
}

TEST_CASE("only the last lines of a step are kept") {
  ProgressModel model({});
  for (std::size_t i = 0; i < ProgressModel::kept_lines + 5; ++i)
    REQUIRE(model.feed(log("d", std::to_string(i) + "\n")));
  const auto lines = model.last_lines("d");
  CHECK(lines.size() == ProgressModel::kept_lines);
  CHECK(lines.front() == "5");
}

TEST_CASE("of the lines that are not shown, the first errors are kept") {
  ProgressModel model({});
  REQUIRE(model.feed(log("d", "the reason\n", 2)));
  for (int i = 0; i < 50; ++i) REQUIRE(model.feed(log("d", std::to_string(i) + "\n")));
  REQUIRE(model.feed(log("d", "make: error 2\n", 2)));
  CHECK(model.first_errors("d", 40) == Events{"the reason"});
  CHECK(model.first_errors("d", 52).empty());
  CHECK(model.first_errors("other", 1).empty());
}

TEST_CASE("the failed step is the one that failed, not those cancelled because of it") {
  ProgressModel model({});
  REQUIRE(model.feed(vertex({.digest = "a", .name = "side", .error = "context canceled"})));
  REQUIRE(model.feed(vertex({.digest = "b", .name = "guilty", .error = "exit code: 1"})));
  REQUIRE(model.failed_step() != nullptr);
  CHECK(model.failed_step()->name == "guilty");
}

TEST_CASE("transfers and warnings are given") {
  Recorder recorder;
  ProgressModel model(recorder.sink());
  std::string response;
  {
    pbf_writer outer(response);
    {
      pbf_writer status(outer, 2);
      status.add_string(1, "sha256:layer");
      status.add_string(2, "d");
      status.add_int64(4, 10);
      status.add_int64(5, 20);
    }
    pbf_writer warning(outer, 4);
    warning.add_string(1, "d");
    warning.add_bytes(3, "FromAsCasing");
    warning.add_bytes(4, "detail one");
    warning.add_string(5, "https://docs");
  }
  REQUIRE(model.feed(response));
  CHECK(recorder.events == Events{"sha256:layer 10/20", "warning FromAsCasing"});
  REQUIRE(model.warnings().size() == 1);
  CHECK(model.warnings()[0].detail == Events{"detail one"});
  CHECK(model.warnings()[0].url == "https://docs");
}

namespace {

// What is shown of an image, one text an event.
Events shown_of(const std::vector<std::string>& responses) {
  Events shown;
  const ImageSink sink = [&](const ImageProgress& progress) {
    constexpr std::array states{"begun", "done", "cached", "failed"};
    if (const auto* now = std::get_if<ImageNow>(&progress)) {
      shown.push_back("now " + now->text);
    } else if (const auto* step = std::get_if<ImageStep>(&progress)) {
      shown.push_back(std::string(states.at(static_cast<std::size_t>(step->state))) + " " + step->step +
                      (step->seconds > 0 ? " " + std::to_string(static_cast<int>(step->seconds)) : ""));
    } else if (const auto* output = std::get_if<ImageOutput>(&progress)) {
      shown.push_back(output->step + " | " + output->line);
    } else if (const auto* warning = std::get_if<ImageWarning>(&progress)) {
      shown.push_back("warning " + warning->text);
    }
  };
  StepView view("image", sink);
  ProgressModel model([&](const Progress& progress) { view.take(progress); });
  for (const auto& response : responses) REQUIRE(model.feed(response));
  return shown;
}

}  // namespace

TEST_CASE("the oldest step that runs is shown, one of BuildKit's own only when nothing else does") {
  CHECK(shown_of({vertex({.digest = "i", .name = "[internal] load context", .started = 1}),
                  vertex({.digest = "a", .name = "[a 2/3] RUN a", .started = 2}),
                  vertex({.digest = "b", .name = "[b 2/3] RUN b", .started = 3}),
                  vertex({.digest = "a", .name = "[a 2/3] RUN a", .started = 2, .completed = 7})}) ==
        Events{"begun [internal] load context", "now [internal] load context", "begun [a 2/3] RUN a",
               "now [a 2/3] RUN a", "begun [b 2/3] RUN b", "done [a 2/3] RUN a 5", "now [b 2/3] RUN b"});
}

TEST_CASE("steps are told as cached, failed or done, their output with their name, those called off not at all") {
  CHECK(
      shown_of(
          {vertex({.digest = "c", .name = "[1/2] FROM x", .cached = true, .started = 1, .completed = 1}),
           vertex({.digest = "f", .name = "[2/2] RUN f", .started = 1}), log("f", "a line\n"),
           vertex({.digest = "f", .name = "[2/2] RUN f", .started = 1, .completed = 3, .error = "exit code: 1"}),
           vertex({.digest = "o", .name = "[o 2/2] RUN o", .started = 1}),
           vertex({.digest = "o", .name = "[o 2/2] RUN o", .started = 1, .completed = 3, .error = "context canceled"}),
           vertex({.digest = "i", .name = "[internal] quick", .started = 1, .completed = 1})}) ==
      Events{"cached [1/2] FROM x", "begun [2/2] RUN f", "now [2/2] RUN f", "[2/2] RUN f | a line",
             "failed [2/2] RUN f 2", "begun [o 2/2] RUN o", "now [o 2/2] RUN o"});
}

TEST_CASE("damaged progress is an error, unknown fields are none") {
  ProgressModel model({});
  CHECK_FALSE(model.feed("\x0a\xff"));
  std::string unknown;
  pbf_writer(unknown).add_string(99, "future");
  pbf_writer(unknown).add_int64(98, 1);
  pbf_writer(unknown).add_int64(1, 5);
  CHECK(model.feed(unknown));
  CHECK(model.steps().empty());
}

}  // namespace saasctl::progress_test
