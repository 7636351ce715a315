// The executor against an engine that fails in every way a seed can think of: whatever happened, the runs that follow
// converge.
#include "simulator/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <set>
#include <thread>

#include "engine/networks.hpp"
#include "execute/execute.hpp"
#include "execute/observe.hpp"
#include "golden.hpp"
#include "plan/plan.hpp"
#include "project_files.hpp"
#include "util/text.hpp"

namespace saasctl::simulator_test {

using namespace saasctl::test;
using namespace std::chrono_literals;

namespace {

using Rules = std::map<std::string, std::map<std::string, std::string>>;

const execute::Pace quick{.first_pause = 1ms, .longest_pause = 4ms, .settling = 2ms, .look_again = 15ms};
const std::map<std::string, std::string> images{{"one:1", "sha256:1"}, {"two:1", "sha256:2"}};

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  int up_to(int highest) { return std::uniform_int_distribution<int>(0, highest)(random_); }
  bool happens(double probability) { return std::uniform_real_distribution<double>(0, 1)(random_) < probability; }

 private:
  std::mt19937 random_;
};

// A stack file of one to six services; what differs between its two versions makes containers anew.
struct Shape {
  std::string text;
  Rules rules;
  std::set<std::string> jobs;
};

Shape make_shape(unsigned seed, int version) {
  Dice dice(seed);
  Shape shape{"name: sim\nservices:\n", {}, {}};
  std::vector<std::string> kinds;
  const int count = 1 + dice.up_to(5);
  for (int i = 0; i < count; ++i) {
    const auto name = fmt::format("s{}", i);
    kinds.emplace_back(std::array{"plain", "checked", "checked", "job"}.at(static_cast<std::size_t>(dice.up_to(3))));
    const bool differs = dice.happens(0.4);
    shape.text += fmt::format("  {}:\n    image: {}\n    environment: {{V: \"{}\"}}\n", name,
                              dice.happens(0.5) ? "one:1" : "two:1", differs ? version : 0);
    if (kinds.back() == "job") shape.jobs.insert(name);
    if (kinds.back() == "job") shape.text += "    command: [job]\n";
    if (kinds.back() == "checked") shape.text += "    healthcheck: {test: [CMD, check], interval: 1s}\n";
    if (dice.happens(0.3)) shape.text += "    volumes: [\"data:/data\"]\n";
    if (dice.happens(0.3)) shape.text += "    networks: [back]\n";
    if (dice.happens(0.3)) shape.text += "    secrets: [pw]\n";
    for (int other = 0; other < i; ++other) {
      if (!dice.happens(0.5)) continue;
      const auto& kind = kinds[static_cast<std::size_t>(other)];
      const std::string condition = kind == "job"                            ? "service_completed_successfully"
                                    : kind == "checked" && dice.happens(0.7) ? "service_healthy"
                                                                             : "service_started";
      shape.rules[name][fmt::format("s{}", other)] = condition;
    }
    if (!shape.rules.contains(name)) continue;
    shape.text += "    depends_on:\n";
    for (const auto& [other, condition] : shape.rules[name])
      shape.text += fmt::format("      {}: {{condition: {}}}\n", other, condition);
  }
  shape.text += "networks: {back: }\nvolumes: {data: }\nsecrets: {pw: {file: pw}}\n";
  return shape;
}

// How containers live: well, or as a seed has it.
simulator::Model::Fate fate_of(unsigned seed, std::shared_ptr<std::atomic<bool>> calm) {
  return [seed, calm](const std::string& service, const simulator::Json& body, int start) {
    Dice dice(seed * 31 + static_cast<unsigned>(start) * 7 + static_cast<unsigned>(std::hash<std::string>()(service)));
    simulator::Life life{.ready_after = dice.up_to(2) * 1ms, .healthy_after = 1ms + dice.up_to(5) * 1ms};
    const bool job = body.contains("Cmd") && body["Cmd"] == simulator::Json::array({"job"});
    life.is_job = job;
    if (job) life.ends_after = 1ms + dice.up_to(2) * 1ms;
    if (*calm) return life;
    if (dice.happens(0.1)) {
      life.ends_after = dice.up_to(6) * 1ms;
      life.exit_code = 1;
    }
    if (dice.happens(0.05)) life.unhealthy_after = 1ms + dice.up_to(4) * 1ms;
    return life;
  };
}

simulator::Faults faults_of(unsigned seed) {
  Dice dice(seed);
  const auto some = [&](int most) { return dice.happens(0.5) ? dice.up_to(most) / 100.0 : 0.0; };
  return {.slow = some(20),
          .refuse = some(6),
          .conflict = some(4),
          .cut = some(6),
          .lose = some(6),
          .reserve = some(6),
          .drop = some(60),
          .repeat = some(50),
          .swap = some(50),
          .cut_stream = some(20)};
}

Result<plan::Plan> make_plan(const engine::Client& client, const project::Project& project) {
  const auto observed = execute::observe(client, project, {});
  if (!observed) return std::unexpected(observed.error());
  plan::UpOptions options;
  options.wait = plan::Wait::ready;
  return plan::plan_up(project, *observed, options);
}

// What `up` does. The error's message, empty for success.
std::string up(const engine::Endpoint& endpoint, const project::Project& project) {
  const auto client = engine::Client::connect(endpoint, {});
  if (!client) return client.error().message;
  const auto plan = make_plan(*client, project);
  if (!plan) return plan.error().message;
  execute::ExecuteOptions options;
  options.timeout = 5s;
  options.pace = quick;
  const auto done = execute::execute(
      *client, project, *plan, options, [](std::string_view) { return std::nullopt; }, [](const execute::Event&) {},
      {});
  return done ? "" : done.error().message.empty() ? "an error that says nothing" : done.error().message;
}

// What there is: names and states of containers, networks, volumes.
std::string inventory(simulator::Engine& engine) {
  return engine.with_model([](simulator::Model& model) {
    model.advance(std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now()));
    std::vector<std::string> lines;
    for (const auto& [id, container] : model.containers())
      lines.push_back(fmt::format("{} {} {}", container.name, container.state, container.exit_code));
    std::ranges::sort(lines);
    for (const auto& name : model.names_of_networks()) lines.push_back("network " + name);
    for (const auto& name : model.names_of_volumes()) {
      // The rest of a secret's volume's name is random.
      const auto end = name.find("-secrets-");
      lines.push_back("volume " + (end == std::string::npos ? name : name.substr(0, end + 8)));
    }
    return join(lines, "\n");
  });
}

// The two versions of one shape, and what an undisturbed `up` makes of each.
class Subject {
 public:
  Subject(simulator::Engine& engine, unsigned seed) : first_(make_shape(seed, 1)), second_(make_shape(seed, 2)) {
    for (std::size_t version = 0; version < 2; ++version) {
      engine.reset(seed, {}, images, fate_of(seed, std::make_shared<std::atomic<bool>>(true)));
      REQUIRE(up(engine.endpoint(), project(version)) == "");
      expected_.at(version) = inventory(engine);
    }
  }

  const project::Project& project(std::size_t version) const { return version == 0 ? first_project_ : second_project_; }
  const std::string& expected(std::size_t version) const { return expected_.at(version); }
  const Rules& rules() const { return first_.rules; }
  bool is_job(const std::string& service) const { return first_.jobs.contains(service); }

 private:
  static project::Files files_of(const Shape& shape) { return {{"stack.yaml", shape.text}, {"pw", "password"}}; }

  Shape first_;
  Shape second_;
  project::ProjectFiles first_files_{files_of(first_)};
  project::ProjectFiles second_files_{files_of(second_)};
  project::Project first_project_ = first_files_.project();
  project::Project second_project_ = second_files_.project();
  std::array<std::string, 2> expected_;
};

// Everything of one seed. The reason why it is wrong, empty when it is right.
std::string run_schedule(simulator::Engine& engine, const Subject& subject, unsigned seed) {
  Dice dice(seed);
  const auto calm = std::make_shared<std::atomic<bool>>(false);
  engine.reset(seed, faults_of(seed), images, fate_of(seed, calm));
  engine.with_model([&](simulator::Model& model) { model.rules = subject.rules(); });
  std::size_t version = 0;
  std::string said;
  for (int runs = 1 + dice.up_to(2); runs > 0; --runs) {
    version = static_cast<std::size_t>(dice.up_to(1));
    said += "with faults: " + up(engine.endpoint(), subject.project(version)) + "\n";
  }
  *calm = true;
  engine.set_faults({});
  engine.with_model([](simulator::Model& model) {
    model.calm(std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now()));
  });
  // With every other seed what was asked for before may still be done after the next run has looked: then it goes with
  // the run after that.
  const bool late = seed % 2 != 0;
  if (!late) engine.await_idle();
  bool converged = false;
  for (int run = 0; run < 3 && !converged; ++run) {
    const auto error = up(engine.endpoint(), subject.project(version));
    said += "without faults: " + error + "\n";
    converged = error.empty();
  }
  if (!converged) return said + "does not converge";
  if (late) {
    engine.await_idle();
    const auto error = up(engine.endpoint(), subject.project(version));
    if (!error.empty()) return said + "once more without faults: " + error;
  }
  // A job that nobody waits for may still be at work when `up` is done.
  auto there = inventory(engine);
  for (int look = 0; look < 100 && there != subject.expected(version); ++look) {
    std::this_thread::sleep_for(2ms);
    there = inventory(engine);
  }
  if (there != subject.expected(version))
    return said + "there is:\n" + there + "\nthere should be:\n" + subject.expected(version);
  const auto client = engine::Client::connect(engine.endpoint(), {});
  const auto plan = make_plan(*client, subject.project(version));
  for (const auto& action : plan->actions) {
    const auto* start = std::get_if<plan::StartContainer>(&action.work);
    const bool job = start && subject.is_job(start->service);
    if (!job && !std::holds_alternative<plan::AwaitService>(action.work))
      return said + "still to do: " + plan::to_line(action);
  }
  const auto order = engine.with_model([](simulator::Model& model) { return join(model.faults_of_order(), "\n"); });
  return order.empty() ? "" : said + order;
}

// SAASCTL_SCHEDULES: how many; SAASCTL_SCHEDULE: the seed of a single one.
unsigned number_from(const char* variable, unsigned otherwise) {
  const char* text = std::getenv(variable);
  return text ? static_cast<unsigned>(parse_integer(text).value_or(otherwise)) : otherwise;
}

// Schedules from..to, each on one of the shapes.
void check_schedules(unsigned from, unsigned to) {
  constexpr unsigned shapes = 24;
  simulator::Engine engine;
  std::vector<std::unique_ptr<Subject>> subjects;
  for (unsigned shape = 0; shape < shapes; ++shape) subjects.push_back(std::make_unique<Subject>(engine, shape));
  for (unsigned seed = from; seed <= to; ++seed) {
    const auto wrong = run_schedule(engine, *subjects[seed % shapes], seed);
    INFO("SAASCTL_SCHEDULE=" << seed << "\n" << wrong);
    REQUIRE(wrong.empty());
  }
}

}  // namespace

// Several cases, so that they run beside each other.
TEST_CASE("after any schedule of faults, up converges and leaves nothing over") {
  const auto only = number_from("SAASCTL_SCHEDULE", 0);
  check_schedules(only ? only : 1, only ? only : number_from("SAASCTL_SCHEDULES", 500));
}
TEST_CASE("after any schedule of faults, up converges: the second five hundred") {
  check_schedules(501, 1000);
}
TEST_CASE("after any schedule of faults, up converges: the third five hundred") {
  check_schedules(1001, 1500);
}
TEST_CASE("after any schedule of faults, up converges: the fourth five hundred") {
  check_schedules(1501, 2000);
}

TEST_CASE("the calls of a small plan, one by one") {
  const project::ProjectFiles files(project::Files{
      {"stack.yaml", "name: sim\nservices: {db: {image: \"one:1\", healthcheck: {test: [CMD, check]}}}\n"}});
  const auto project = files.project();
  simulator::Engine engine;
  engine.reset(1, {}, images, [](const std::string&, const simulator::Json&, int) {
    return simulator::Life{.ready_after = 0ms, .healthy_after = 0ms};
  });
  // In the order of their first times: the photograph's calls run side by side, the events beside everything, and how
  // often somebody looks again is a matter of time.
  const auto calls = [&] {
    auto lines = engine.take_calls();
    std::erase(lines, "GET /events");
    const auto photographed = std::ranges::find_if(lines, [](const auto& line) { return line.starts_with("POST"); });
    std::sort(lines.begin(), photographed);
    std::vector<std::string> out;
    for (auto& line : lines) {
      if (const auto at = line.find("/exec/"); at != std::string::npos) line.replace(at + 6, 64, "ID");
      if (std::ranges::find(out, line) == out.end()) out.push_back(line);
    }
    return join(out, "\n") + "\n";
  };
  REQUIRE(up(engine.endpoint(), project) == "");
  auto text = "# up\n" + calls();
  REQUIRE(up(engine.endpoint(), project) == "");
  check_golden("calls.txt", text + "# up again\n" + calls());
}

TEST_CASE("the snapshot has the interface of every bridge network, named by its option or by its id") {
  const project::ProjectFiles files(project::Files{{"stack.yaml", "name: sim\nservices: {db: {image: \"one:1\"}}\n"}});
  simulator::Engine engine;
  engine.reset(1, {}, images,
               [](const std::string&, const simulator::Json&, int) { return simulator::Life{.ready_after = 0ms}; });
  const auto client = engine::Client::connect(engine.endpoint(), {});
  REQUIRE(client);
  const auto create = [&](const simulator::Json& body) { return engine::create_network(*client, body, {}).value(); };
  create({{"Name", "bridge"}, {"Driver", "bridge"}, {"Options", {{"com.docker.network.bridge.name", "docker0"}}}});
  const auto id = create({{"Name", "other"}, {"Driver", "bridge"}});
  create({{"Name", "host"}, {"Driver", "host"}});
  const auto observed = execute::observe(*client, files.project(), {});
  REQUIRE(observed);
  CHECK(observed->bridges ==
        std::map<std::string, std::set<std::string>>{{"docker0", {"bridge"}}, {"br-" + id.substr(0, 12), {"other"}}});
}

namespace {

// Counts what the executor does with the turn, and refuses it from some take on.
class CountedTurn : public execute::Turn {
 public:
  explicit CountedTurn(int refused_from) : refused_from_(refused_from) {}
  Result<void> take(std::stop_token) override {
    if (++takes >= refused_from_) return failure(ErrorKind::conflict, "another command has changed the project");
    had = true;
    return {};
  }
  void give_back() override { had = false; }

  int takes = 0;
  bool had = true;

 private:
  int refused_from_;
};

std::string up_in_turn(simulator::Engine& engine, const project::Project& project, execute::Turn& turn) {
  const auto client = engine::Client::connect(engine.endpoint(), {});
  REQUIRE(client);
  const auto plan = make_plan(*client, project);
  REQUIRE(plan);
  execute::ExecuteOptions options;
  options.timeout = 5s;
  options.pace = quick;
  options.turn = &turn;
  const auto done = execute::execute(
      *client, project, *plan, options, [](std::string_view) { return std::nullopt; }, [](const execute::Event&) {},
      {});
  return done ? "" : done.error().message;
}

}  // namespace

TEST_CASE("the turn is given back while a plan only waits, and a change without it is not made") {
  const project::ProjectFiles files(
      project::Files{{"stack.yaml",
                      "name: sim\nservices:\n  db: {image: \"one:1\", healthcheck: {test: [CMD, check]}}\n"
                      "  web: {image: \"one:1\", depends_on: {db: {condition: service_healthy}}}\n"}});
  const auto project = files.project();
  simulator::Engine engine;
  const auto reset = [&] {
    engine.reset(1, {}, images, [](const std::string&, const simulator::Json&, int) {
      return simulator::Life{.ready_after = 20ms, .healthy_after = 30ms};
    });
  };
  reset();
  CountedTurn free(100);
  CHECK(up_in_turn(engine, project, free) == "");
  CHECK(free.takes == 2);  // once until db has started, once to start web
  CHECK_FALSE(free.had);

  reset();
  CountedTurn overtaken(2);
  CHECK(up_in_turn(engine, project, overtaken) == "another command has changed the project");
  CHECK(inventory(engine) == "sim-db-1 running 0\nsim-web-1 created 0\nnetwork sim_default");
  CHECK(up(engine.endpoint(), project) == "");

  CountedTurn idle(1);
  CHECK(up_in_turn(engine, project, idle) == "");
  CHECK(idle.takes == 0);
  CHECK_FALSE(idle.had);
}

TEST_CASE("a name is waited for that a killed run has asked for and nobody can see yet") {
  const project::ProjectFiles files(project::Files{{"stack.yaml", "name: sim\nservices: {db: {image: \"one:1\"}}\n"}});
  const auto project = files.project();
  simulator::Engine engine;
  engine.reset(1, {.reserve = 1, .slowest = 30ms}, images,
               [](const std::string&, const simulator::Json&, int) { return simulator::Life{}; });
  REQUIRE(up(engine.endpoint(), project) != "");
  engine.set_faults({});
  CHECK(up(engine.endpoint(), project) == "");
  CHECK(inventory(engine) == "sim-db-1 running 0\nnetwork sim_default");
}

TEST_CASE("a photograph takes a handful of calls, whatever the size of the project") {
  std::string text = "name: sim\nservices:\n";
  std::map<std::string, std::string> many;
  for (int i = 0; i < 100; ++i) {
    text += fmt::format("  s{0}: {{image: \"i{0}:1\"}}\n", i);
    many[fmt::format("i{}:1", i)] = fmt::format("sha256:{}", i);
  }
  const project::ProjectFiles files(project::Files{{"stack.yaml", text}});
  simulator::Engine engine;
  engine.reset(1, {}, many, [](const std::string&, const simulator::Json&, int) { return simulator::Life{}; });
  const auto client = engine::Client::connect(engine.endpoint(), {});
  REQUIRE(client);
  const auto observed = execute::observe(*client, files.project(), {});
  REQUIRE(observed);
  CHECK(observed->images.size() == 100);
  CHECK(observed->images.at("i99:1").id == "sha256:99");
  CHECK(engine.take_calls().size() <= 5);
}

}  // namespace saasctl::simulator_test
