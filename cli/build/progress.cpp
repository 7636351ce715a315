#include "build/progress.hpp"

#include <algorithm>
#include <protozero/pbf_message.hpp>

#include "build/protobuf.hpp"

namespace saasctl::build {
namespace {

enum class ResponseField : protozero::pbf_tag_type { vertex = 1, status = 2, log = 3, warning = 4 };
enum class VertexField : protozero::pbf_tag_type {
  digest = 1,
  name = 3,
  cached = 4,
  started = 5,
  completed = 6,
  error = 7
};
enum class StatusField : protozero::pbf_tag_type { id = 1, vertex = 2, current = 4, total = 5, completed = 8 };
enum class LogField : protozero::pbf_tag_type { vertex = 1, stream = 3, message = 4 };
enum class WarningField : protozero::pbf_tag_type { vertex = 1, message = 3, detail = 4, url = 5 };

// google.protobuf.Timestamp
Timestamp parse_time(protozero::data_view bytes) {
  enum class Field : protozero::pbf_tag_type { seconds = 1, nanos = 2 };
  constexpr std::int64_t latest = 9'000'000'000;  // what nanoseconds in 64 bits can hold
  std::chrono::nanoseconds time{0};
  protozero::pbf_message<Field> reader(bytes);
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case number(Field::seconds):
        time += std::chrono::seconds(std::clamp(reader.get_int64(), -latest, latest));
        break;
      case number(Field::nanos):
        time += std::chrono::nanoseconds(reader.get_int32());
        break;
      default:
        reader.skip();
    }
  }
  return Timestamp(time);
}

Step parse_vertex(std::string_view bytes) {
  Step step;
  protozero::pbf_message<VertexField> reader(bytes.data(), bytes.size());
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes_of(VertexField::digest):
        step.digest = reader.get_string();
        break;
      case bytes_of(VertexField::name):
        step.name = reader.get_string();
        break;
      case number(VertexField::cached):
        step.cached = reader.get_bool();
        break;
      case bytes_of(VertexField::started):
        step.started = parse_time(reader.get_view());
        break;
      case bytes_of(VertexField::completed):
        step.completed = parse_time(reader.get_view());
        break;
      case bytes_of(VertexField::error):
        step.error = reader.get_string();
        break;
      default:
        reader.skip();
    }
  }
  return step;
}

bool is_cancellation(std::string_view error) {
  return error.find("context canceled") != std::string_view::npos ||
         error.find("context cancelled") != std::string_view::npos;
}

}  // namespace

Result<void> ProgressModel::feed(std::string_view status_response) {
  try {
    protozero::pbf_message<ResponseField> reader(status_response.data(), status_response.size());
    while (reader.next()) {
      const auto field = reader.tag();
      if (reader.wire_type() != protozero::pbf_wire_type::length_delimited) {
        reader.skip();
        continue;
      }
      const auto data = reader.get_view();
      const std::string_view bytes(data.data(), data.size());
      if (field == ResponseField::vertex) add_step(bytes);
      if (field == ResponseField::status) add_transfer(bytes);
      if (field == ResponseField::log) add_output(bytes);
      if (field == ResponseField::warning) add_warning(bytes);
    }
    return {};
  } catch (const protozero::exception& error) {
    return failure(std::string("the engine's build progress is damaged: ") + error.what());
  }
}

void ProgressModel::add_step(std::string_view vertex) {
  auto step = parse_vertex(vertex);
  const auto [position, is_new] = index_.try_emplace(step.digest, steps_.size());
  if (is_new) steps_.emplace_back();
  Step& known = steps_[position->second];
  // A vertex that runs again (after its cache was given up) has a new start; one message may lack what an earlier had.
  if (!step.started) step.started = known.started;
  if (step.name.empty()) step.name = known.name;
  const bool changed = is_new || step.started != known.started || step.completed != known.completed ||
                       step.cached != known.cached || step.error != known.error;
  known = std::move(step);
  if (changed && sink_) sink_(StepChanged{known});
}

void ProgressModel::add_transfer(std::string_view status) {
  StepTransfer transfer;
  protozero::pbf_message<StatusField> reader(status.data(), status.size());
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes_of(StatusField::id):
        transfer.id = reader.get_string();
        break;
      case bytes_of(StatusField::vertex):
        transfer.digest = reader.get_string();
        break;
      case number(StatusField::current):
        transfer.current = reader.get_int64();
        break;
      case number(StatusField::total):
        transfer.total = reader.get_int64();
        break;
      case bytes_of(StatusField::completed):
        transfer.completed = true;
        reader.skip();
        break;
      default:
        reader.skip();
    }
  }
  if (sink_) sink_(transfer);
}

// Chunks are cut anywhere, and those of a step's output and of its errors alternate: each stream has its own lines.
void ProgressModel::add_output(std::string_view log) {
  std::string digest;
  std::string message;
  bool standard_error = false;
  protozero::pbf_message<LogField> reader(log.data(), log.size());
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes_of(LogField::vertex):
        digest = reader.get_string();
        break;
      case number(LogField::stream):
        standard_error = reader.get_int64() == 2;
        break;
      case bytes_of(LogField::message):
        message = reader.get_bytes();
        break;
      default:
        reader.skip();
    }
  }
  auto& output = outputs_[digest];
  auto& partial = output.partial[standard_error ? 1 : 0];
  partial += message;
  std::size_t start = 0;
  for (auto end = partial.find('\n'); end != std::string::npos; end = partial.find('\n', start)) {
    emit_line(digest, output, standard_error, partial.substr(start, end - start));
    start = end + 1;
  }
  partial.erase(0, start);
}

void ProgressModel::emit_line(const std::string& digest, Output& output, bool standard_error, std::string line) {
  if (line.ends_with('\r')) line.pop_back();
  if (sink_) sink_(StepOutput{.digest = digest, .standard_error = standard_error, .line = line});
  if (standard_error && output.errors.size() < kept_errors) output.errors.emplace_back(output.count, line);
  ++output.count;
  output.lines.push_back(std::move(line));
  if (output.lines.size() > kept_lines) output.lines.pop_front();
}

void ProgressModel::add_warning(std::string_view warning) {
  BuildWarning out;
  protozero::pbf_message<WarningField> reader(warning.data(), warning.size());
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes_of(WarningField::vertex):
        out.digest = reader.get_string();
        break;
      case bytes_of(WarningField::message):
        out.message = reader.get_bytes();
        break;
      case bytes_of(WarningField::detail):
        out.detail.push_back(reader.get_bytes());
        break;
      case bytes_of(WarningField::url):
        out.url = reader.get_string();
        break;
      default:
        reader.skip();
    }
  }
  warnings_.push_back(out);
  if (sink_) sink_(warnings_.back());
}

void ProgressModel::finish() {
  for (auto& [digest, output] : outputs_) {
    for (const bool standard_error : {false, true}) {
      auto& partial = output.partial[standard_error ? 1 : 0];
      if (!partial.empty()) emit_line(digest, output, standard_error, std::exchange(partial, {}));
    }
  }
}

std::vector<std::string> ProgressModel::first_errors(std::string_view digest, std::size_t shown) const {
  std::vector<std::string> out;
  const auto found = outputs_.find(digest);
  if (found == outputs_.end()) return out;
  for (const auto& [number, line] : found->second.errors) {
    if (number + shown < found->second.count) out.push_back(line);
  }
  return out;
}

const Step* ProgressModel::failed_step() const {
  const auto failed = std::ranges::find_if(
      steps_, [](const Step& step) { return !step.error.empty() && !is_cancellation(step.error); });
  return failed == steps_.end() ? nullptr : &*failed;
}

std::vector<std::string> ProgressModel::last_lines(std::string_view digest) const {
  const auto found = outputs_.find(digest);
  if (found == outputs_.end()) return {};
  return {found->second.lines.begin(), found->second.lines.end()};
}

}  // namespace saasctl::build
