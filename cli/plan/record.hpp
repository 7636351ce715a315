// What a container or network was made from, as its label records it. Everybody who may list containers reads labels,
// and events and exporters repeat them, so a record holds no value that may be a secret: instead of it stands
// {"hmac": HMAC-SHA-256(salt, path and value)}. The salt is random, of that container alone, and stands beside it: the
// next plan computes the same digests from the values of the file and knows what has changed. A salt prevents tables
// and comparisons between containers. It does not protect a weak password from somebody who reads the label and tries
// every word.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "project/project.hpp"

namespace saasctl::plan {

struct Record {
  project::Json model;
  std::string salt;  // empty: of a version that recorded plain values
};

// The label's text for `model`. Under a digest are: all values of environment, labels, annotations, commands, health
// checks and options of log drivers; contents of secrets and configs; whatever may_be_secret(); and any other text that
// a variable of the stack file brought in, except in keys that hold numbers, sizes, addresses and names of images.
std::string write_record(const project::Project& project, const project::Json& model, const std::string& salt);

// Nothing: the text is not a record.
std::optional<Record> read_record(const std::string& label);

// Whether the recorded model and this one call for the same container. False for an unreadable label.
bool is_unchanged(const std::string& label, const project::Json& model);

// `model` with a digest wherever the record has one, made with its salt: what is equal in both is unchanged.
project::Json aligned(const Record& record, const project::Json& model);

// The record with values instead of digests wherever `told` has that value at the same path. `told` is a model, as far
// as the engine describes the container.
project::Json revealed(const Record& record, const project::Json& told);

// A digest in a record: it differs from any value, and has nothing to show.
bool is_digest(const project::Json& value);

// 128 bits as 32 hex digits for one thing that a plan creates, from the snapshot's random text.
std::string salt_for(std::string_view entropy, std::string_view thing);

}  // namespace saasctl::plan
