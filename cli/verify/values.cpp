#include "verify/values.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "stack/verify_placeholder.hpp"
#include "stack/verify_texts.hpp"
#include "util/http.hpp"

namespace saasctl::verify {
namespace {

using stack::Json;

std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string path_encode(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '/' ? "/" : http::percent_encode(std::string_view(&c, 1));
  return out;
}

// Walks a step and replaces its names.
class Filler {
 public:
  Filler(Values& values, std::string trace_id) : values_(values), trace_id_(std::move(trace_id)) {}

  void text(std::string& text, stack::Position) {
    text = replaced(text, [](std::string value) { return value; });
  }

  void value(Json& value, stack::Position at) {
    if (value.is_structured()) {
      for (auto& item : value) this->value(item, at);
    } else if (value.is_string()) {
      value = whole(value.get_ref<const std::string&>());
    }
  }

  void target(stack::Target& target) {
    const auto encode = [](const std::string& value) { return path_encode(value); };
    target.url = replaced(target.url, encode);
    target.path = replaced(target.path, encode);
    if (!target.service.empty() && !target.path.starts_with('/')) target.path.insert(0, "/");
  }

  std::vector<std::string> missing() { return std::move(missing_); }

 private:
  Json known(const std::string& name) {
    if (name == stack::trace_id_name && !trace_id_.empty()) return trace_id_;
    if (stack::is_built_in(name)) return values_.make(name);
    if (const auto* value = values_.find(name)) return *value;
    if (std::ranges::find(missing_, name) == missing_.end()) missing_.push_back(name);
    return "";
  }

  Json whole(const std::string& text) {
    const auto found = stack::placeholders(text);
    if (found && found->size() == 1 && found->front().length == text.size()) return known(found->front().name);
    return replaced(text, [](std::string value) { return value; });
  }

  template <typename Encode>
  std::string replaced(const std::string& text, Encode encode) {
    const auto found = stack::placeholders(text);
    if (!found) return text;
    std::string out;
    std::size_t from = 0;
    for (const auto& placeholder : *found) {
      out += text.substr(from, placeholder.offset - from);
      out += encode(as_text(known(placeholder.name)));
      from = placeholder.offset + placeholder.length;
    }
    return out + text.substr(from);
  }

  Values& values_;
  std::string trace_id_;
  std::vector<std::string> missing_;
};

}  // namespace

const Json* Values::find(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

std::string Values::new_trace_id() {
  return fmt::format("{:016x}{:016x}", random_(), random_() | 1U);
}

std::string Values::new_span_id() {
  return fmt::format("{:016x}", random_() | 1U);
}

std::string Values::make(std::string_view built_in) {
  if (built_in == stack::random_name) {
    constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    std::string out;
    auto bits = random_();
    for (int i = 0; i < 10; ++i, bits /= alphabet.size()) out += alphabet[bits % alphabet.size()];
    return out;
  }
  if (built_in == stack::uuid_name) {
    const auto high = random_();
    const auto low = random_();
    return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32U, (high >> 16U) & 0xffffU, high & 0xfffU,
                       0x8000U | ((low >> 48U) & 0x3fffU), low & 0xffff'ffff'ffffU);
  }
  return {};
}

Filled fill(const stack::Check& check, Values& values, const std::string& trace_id) {
  Filler filler(values, trace_id);
  Filled filled{check, {}};
  stack::walk_texts(filled.check, filler);
  filled.missing = filler.missing();
  return filled;
}

Json fill(const Json& value, Values& values, std::vector<std::string>& missing) {
  Filler filler(values, {});
  Json out = value;
  filler.value(out, {});
  for (auto& name : filler.missing()) missing.push_back(std::move(name));
  return out;
}

}  // namespace saasctl::verify
