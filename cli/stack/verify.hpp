// The plan of `saasctl verify`, as the user wrote it: steps in order, each one kind of check.
// Source of the notations: RFC 6901 (JSON Pointer), W3C Trace Context 1 (trace ids), RE2 (regular expressions).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "declare/values.hpp"
#include "stack/vocabulary.hpp"

namespace saasctl::stack {

struct Stack;

// What a value must be: every comparison that is given must hold. A plain value in the file means `equals`, the words
// `exists` and `absent` mean `exists: true` and `exists: false`. Operands may hold {{names}}.
struct Expectation : Located {
  std::optional<bool> exists;
  std::optional<Json> equals;
  std::vector<Json> one_of;
  std::optional<Json> contains;
  std::optional<std::string> matches;
  std::optional<std::string> starts_with;
  std::optional<std::string> ends_with;
  std::optional<std::string> type;
  std::optional<Json> gt;
  std::optional<Json> ge;
  std::optional<Json> lt;
  std::optional<Json> le;
  std::vector<Expectation> length;   // one or none
  std::vector<Expectation> negated;  // one or none; the key is `not`
};

// Statuses that are accepted: "201", or a class such as "2xx".
struct Status {
  std::vector<std::string> allowed;
  Position at = {};

  bool accepts(int status) const;
};

// Where a request goes: SERVICE[:CONTAINER_PORT][/path] through the port published on the host, or a whole URL.
struct Target {
  std::string text;  // as written
  Position at = {};
  std::string url = {};          // the whole URL; empty when a service is meant
  std::string service = {};      // its name; empty when a URL is meant
  std::optional<int> port = {};  // the container's port; absent: the only one it publishes
  std::string path = {};         // with query, from the first slash; "/" when none was written
};

struct Http : Located {
  std::optional<Target> get;
  std::optional<Target> post;
  std::optional<Target> put;
  std::optional<Target> patch;
  std::optional<Target> del;  // the key is `delete`
  std::optional<Target> head;
  Map<std::string> headers;
  std::optional<std::string> bearer;
  std::optional<Json> json;
  std::optional<std::string> body;
  std::optional<Duration> timeout;
};

// The method in capitals and its target; nothing when the user wrote none (an error that is reported when reading).
std::optional<std::pair<std::string, const Target*>> request_line(const Http& http);

struct Exec : Located {
  std::optional<Word> service;
  std::vector<std::string> command;
  std::optional<Duration> timeout;
};

struct Healthy {
  bool all = false;
  std::vector<Word> services;
  Position at = {};
};

struct SpanExpectation : Located {
  std::optional<Word> service;
  std::optional<Expectation> name;
  std::optional<std::string> kind;
  Map<Expectation> attributes;
};

struct Trace : Located {
  std::optional<Target> from;
  std::vector<Word> services;
  std::vector<SpanExpectation> spans;
  std::optional<Duration> within;
};

struct PrometheusCheck : Located {
  std::optional<Target> from;
  std::vector<std::string> targets;
  std::optional<std::string> query;
  std::optional<Expectation> value;
  std::optional<bool> grows;
  std::optional<Http> by;
};

struct Expect : Located {
  std::optional<Status> status;
  Map<Expectation> headers;
  Map<Expectation> json;
  std::optional<Expectation> body;
  std::optional<Integer> exit_code;
  std::optional<Expectation> standard_output;
  std::optional<Expectation> standard_error;
};

// Where a captured value comes from; exactly one is given.
struct Capture : Located {
  std::optional<std::string> json;  // JSON pointer
  std::optional<std::string> header;
  std::optional<std::string> matches;  // regular expression over the body or standard output; its first group
};

enum class StepKind { none, healthy, http, exec, prometheus, recreate, set };

struct VerifyStep : Located {
  std::string name;
  std::optional<Healthy> healthy;
  std::optional<Http> http;
  std::optional<Exec> exec;
  std::optional<PrometheusCheck> prometheus;
  std::optional<Word> recreate;
  Map<Json> set;
  std::optional<Expect> expect;
  Map<Capture> capture;
  std::vector<Word> secret;
  std::optional<Trace> trace;
  std::optional<Duration> within;
};

// none when the user wrote no kind or only mistaken ones.
StepKind kind_of(const VerifyStep& check);

// The user's name of the step, or a name made of its kind.
std::string title(const VerifyStep& check);

const Record<VerifyStep>& verify_step_record();

// Judges the plan as a whole: every step has one kind and only keys that go with it; services, published ports and
// {{names}} exist before they are used; no secret is put into a command line. Adds to `diagnostics`, all at once.
void validate_plan(const Stack& stack, Diagnostics& diagnostics);

// Names whose values no report may show: those listed under `secret`, and those sent as bearer, in an Authorization or
// Cookie header, or as a JSON member that is_sensitive().
std::set<std::string> secret_names(const std::vector<VerifyStep>& plan);

// Whether a member or header of this name holds a secret by its very name: password, access_token, api-key, Set-Cookie.
bool is_sensitive(std::string_view member);

}  // namespace saasctl::stack
