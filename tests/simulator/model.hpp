// A Docker Engine made of tables: what the executor can do to containers, networks and volumes, and what becomes of it.
// No sockets and no threads; time goes on when it is told so.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace saasctl::test::simulator {

using Json = nlohmann::json;
using Time = std::chrono::sys_time<std::chrono::nanoseconds>;
using std::chrono::milliseconds;

struct Request {
  std::string method;
  std::vector<std::string> path;  // without the version: {"containers", "web", "start"}
  std::map<std::string, std::string> query;
  std::string body;
};

struct Answer {
  int status = 200;
  Json body = nullptr;   // null: no body
  std::string raw = {};  // instead of JSON
};

// What a container does once it is started.
struct Life {
  milliseconds ready_after{1};                  // its healthcheck's command succeeds from then on
  milliseconds healthy_after{3};                // the engine says so
  std::optional<milliseconds> ends_after = {};  // by itself
  int exit_code = 0;
  bool is_job = false;  // it ends in any case
  std::optional<milliseconds> unhealthy_after = {};
};

struct Container {
  std::string id;
  std::string name;
  Json body;  // ContainerCreate
  std::string state = "created";
  int exit_code = 0;
  int starts = 0;
  Time started = {};
  Life life = {};
  std::string health = "starting";
  bool was_ready = false;  // since its last start
  bool answers(Time now) const { return state == "running" && now >= started + life.ready_after; }
};

struct Event {
  Time time;
  Json json;
};

class Model {
 public:
  // Which life the n-th start of a container of this service gets.
  using Fate = std::function<Life(const std::string& service, const Json& body, int start)>;

  void reset(std::map<std::string, std::string> images, Fate fate);

  Answer call(const Request& request, Time now);
  // Carries out what is due, and says when something is due next.
  std::optional<Time> advance(Time now);

  // From now on nothing dies or turns unhealthy by itself; what was unhealthy recovers.
  void calm(Time now);

  const std::map<std::string, Container>& containers() const { return containers_; }
  std::vector<std::string> names_of_networks() const;
  std::vector<std::string> names_of_volumes() const;
  const std::vector<std::string>& faults_of_order() const { return faults_of_order_; }

  // service → what it depends on, with the condition: every start is held against it.
  std::map<std::string, std::map<std::string, std::string>> rules;
  std::function<void(const Event&)> on_event = [](const Event&) {};

 private:
  Answer containers_call(const Request& request, Time now);
  Answer container_call(Container& container, const Request& request, Time now);
  Answer networks_call(const Request& request);
  Answer volumes_call(const Request& request);
  Answer images_call(const Request& request) const;
  Answer exec_call(const Request& request, Time now);
  Answer create(const Request& request);
  Answer start(Container& container, Time now);
  Answer list(const Request& request) const;
  Json inspect(const Container& container) const;
  void end(Container& container, int exit_code, Time now);
  void check_order(const Container& container, Time now);
  void tell(const Container& container, const std::string& action, Time now, Json more = Json::object());
  Container* find(const std::string& name_or_id);
  std::string new_id();

  Fate fate_;
  std::map<std::string, std::string> images_;    // reference → id
  std::map<std::string, Container> containers_;  // by id
  std::map<std::string, Json> networks_;         // by id
  std::map<std::string, Json> volumes_;          // by name
  struct Exec {
    std::string container;
    int exit_code = 0;
  };
  std::map<std::string, Exec> execs_;
  std::vector<std::string> faults_of_order_;
  std::uint64_t ids_ = 0;
};

}  // namespace saasctl::test::simulator
