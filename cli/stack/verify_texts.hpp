// Every place of a step that may hold {{names}}, in one list: whoever looks for names or fills them in walks it.
#pragma once

#include "stack/verify.hpp"

namespace saasctl::stack {

// A walker has the members text(std::string&, Position), field(std::string&, Position) for texts that become the value
// of a request's header, value(Json&, Position) and target(Target&), or their const counterparts when the step is
// const.

template <typename E, typename Walker>
void walk_expectation(E& expectation, Walker& walker) {
  const auto at = expectation.at;
  for (auto* operand : {&expectation.equals, &expectation.contains, &expectation.gt, &expectation.ge, &expectation.lt,
                        &expectation.le}) {
    if (*operand) walker.value(**operand, at);
  }
  for (auto* operand : {&expectation.matches, &expectation.starts_with, &expectation.ends_with}) {
    if (*operand) walker.text(**operand, at);
  }
  for (auto& one : expectation.one_of) walker.value(one, at);
  for (auto& inner : expectation.length) walk_expectation(inner, walker);
  for (auto& inner : expectation.negated) walk_expectation(inner, walker);
}

template <typename H, typename Walker>
void walk_request(H& http, Walker& walker) {
  for (auto* target : {&http.get, &http.post, &http.put, &http.patch, &http.del, &http.head}) {
    if (*target) walker.target(**target);
  }
  for (auto& header : http.headers) walker.field(header.value, header.at);
  if (http.bearer) walker.field(*http.bearer, http.where("bearer"));
  if (http.json) walker.value(*http.json, http.where("json"));
  if (http.body) walker.text(*http.body, http.where("body"));
}

template <typename E, typename Walker>
void walk_command(E& exec, Walker& walker) {
  for (auto& argument : exec.command) walker.text(argument, exec.where("command"));
}

template <typename E, typename Walker>
void walk_expect(E& expect, Walker& walker) {
  for (auto& entry : expect.headers) walk_expectation(entry.value, walker);
  for (auto& entry : expect.json) walk_expectation(entry.value, walker);
  for (auto* text : {&expect.body, &expect.standard_output, &expect.standard_error}) {
    if (*text) walk_expectation(**text, walker);
  }
}

template <typename T, typename Walker>
void walk_trace(T& trace, Walker& walker) {
  if (trace.from) walker.target(*trace.from);
  for (auto& span : trace.spans) {
    if (span.name) walk_expectation(*span.name, walker);
    for (auto& attribute : span.attributes) walk_expectation(attribute.value, walker);
  }
}

template <typename P, typename Walker>
void walk_prometheus(P& check, Walker& walker) {
  if (check.from) walker.target(*check.from);
  for (auto& target : check.targets) walker.text(target, check.where("targets"));
  if (check.query) walker.text(*check.query, check.where("query"));
  if (check.value) walk_expectation(*check.value, walker);
  if (check.by) walk_request(*check.by, walker);
}

// All but the values of `set`, which are made one after the other.
template <typename C, typename Walker>
void walk_texts(C& check, Walker& walker) {
  if (check.http) walk_request(*check.http, walker);
  if (check.exec) walk_command(*check.exec, walker);
  if (check.prometheus) walk_prometheus(*check.prometheus, walker);
  if (check.expect) walk_expect(*check.expect, walker);
  if (check.trace) walk_trace(*check.trace, walker);
  for (auto& capture : check.capture) {
    if (capture.value.matches) walker.text(*capture.value.matches, capture.at);
  }
}

}  // namespace saasctl::stack
