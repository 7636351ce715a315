#include "build/step_view.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace saasctl::build {
namespace {

bool is_internal(const Step& step) {
  return step.name.starts_with("[internal]");
}

double seconds_of(const Step& step) {
  if (!step.started || !step.completed) return 0;
  return std::chrono::duration<double>(*step.completed - *step.started).count();
}

bool is_cancelled(const Step& step) {
  return step.error.find("context cancel") != std::string::npos;
}

std::string megabytes(std::int64_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

}  // namespace

void StepView::take(const Progress& progress) {
  if (const auto* step = std::get_if<StepChanged>(&progress)) {
    changed(step->step);
  } else if (const auto* output = std::get_if<StepOutput>(&progress)) {
    const auto name = names_.find(output->digest);
    sink_(ImageOutput{image_, name == names_.end() ? "" : name->second, output->line});
  } else if (const auto* transfer = std::get_if<StepTransfer>(&progress)) {
    transfers_[transfer->digest][transfer->id] = {transfer->current, transfer->total};
    show_running();
  } else if (const auto* warning = std::get_if<BuildWarning>(&progress)) {
    sink_(ImageWarning{
        image_, warning->url.empty() ? warning->message : fmt::format("{} ({})", warning->message, warning->url)});
  }
}

void StepView::changed(const Step& step) {
  names_[step.digest] = step.name;
  const auto known = std::ranges::find(running_, step.digest, &Step::digest);
  const bool was_running = known != running_.end();
  if (step.started && !step.completed) {
    if (was_running) return;
    running_.push_back(step);
    sink_(ImageStep{image_, step.name, ImageStepState::begun});
  } else if (step.completed) {
    if (was_running) running_.erase(known);
    transfers_.erase(step.digest);
    ended(step, was_running);
  }
  show_running();
}

// BuildKit's own steps are of interest when they fail or take their time.
void StepView::ended(const Step& step, bool was_running) {
  constexpr double long_time = 1;
  if (is_cancelled(step)) return;
  const auto seconds = seconds_of(step);
  if (!step.error.empty()) {
    sink_(ImageStep{image_, step.name, ImageStepState::failed, seconds});
  } else if (step.cached) {
    if (!is_internal(step)) sink_(ImageStep{image_, step.name, ImageStepState::cached});
  } else if (!is_internal(step) || seconds >= long_time) {
    if (!was_running) sink_(ImageStep{image_, step.name, ImageStepState::begun});
    sink_(ImageStep{image_, step.name, ImageStepState::done, seconds});
  }
}

// The oldest step is what the build waits for; one of BuildKit's own only when nothing else runs.
void StepView::show_running() {
  if (running_.empty()) return;
  const auto own = std::ranges::find_if_not(running_, is_internal);
  const auto& step = own == running_.end() ? running_.front() : *own;
  std::int64_t current = 0;
  std::int64_t total = 0;
  if (const auto found = transfers_.find(step.digest); found != transfers_.end()) {
    for (const auto& [id, amount] : found->second) {
      current += amount.first;
      total += amount.second;
    }
  }
  auto text = step.name;
  if (current > 0) text += " " + megabytes(current);
  if (current > 0 && total > current) text += " of " + megabytes(total);
  if (text == shown_) return;
  shown_ = text;
  sink_(ImageNow{image_, std::move(text)});
}

}  // namespace saasctl::build
