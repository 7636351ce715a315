#include "verify/values.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "stack/verify_placeholder.hpp"
#include "stack/verify_texts.hpp"
#include "util/http.hpp"
#include "util/http_field.hpp"
#include "util/text.hpp"
#include "verify/compare.hpp"
#include "verify/exchange.hpp"

namespace saasctl::verify {
namespace {

using declare::Json;

std::string path_encode(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '/' ? "/" : http::percent_encode(std::string_view(&c, 1));
  return out;
}

// What a value of a plan may be once its names are filled in. A value that is made of itself again and again, step
// after step, would otherwise grow without end.
constexpr std::size_t most_levels = 200;
constexpr std::size_t most_weight = std::size_t{16} << 20;

std::size_t levels_of(const Json& value) {
  std::size_t levels = 0;
  if (!value.is_structured()) return levels;
  for (const auto& item : value) levels = std::max(levels, levels_of(item));
  return levels + 1;
}

// About the memory that a value takes: 16 bytes for each of its parts, and those of its strings.
std::size_t weight_of(const Json& value) {
  constexpr std::size_t part = 16;
  if (value.is_string()) return part + value.get_ref<const std::string&>().size();
  auto weight = part;
  if (!value.is_structured()) return weight;
  for (const auto& item : value) weight += weight_of(item);
  return weight;
}

bool is_dot_segment(std::string_view segment) {
  return segment == "." || segment == "..";
}

std::vector<std::string> segments_of(std::string_view path) {
  return split(path.substr(0, path.find_first_of("?#")), '/');
}

// Whether libcurl, like every client, would resolve segments of `path` that are not in `written`.
bool gains_dot_segments(const std::string& written, const std::string& path) {
  return std::ranges::count_if(segments_of(path), is_dot_segment) >
         std::ranges::count_if(segments_of(written), is_dot_segment);
}

bool is_host_name(std::string_view text) {
  return http::percent_encode(text) == text;
}

// Walks a step and replaces its names.
class Filler {
 public:
  Filler(Values& values, std::string trace_id) : values_(values), trace_id_(std::move(trace_id)) {}

  void text(std::string& text, yaml::Position at) {
    text = replaced(text, at, [](const std::string&, std::string value) { return value; });
  }

  void field(std::string& text, yaml::Position at) {
    text = replaced(text, at, [&](const std::string& name, std::string value) {
      if (!http::is_field_value(value))
        unfit(at, name, "has a line break or zero byte in it, which a header cannot hold");
      return value;
    });
  }

  void value(Json& value, yaml::Position at) {
    fill_in(value, at);
    if (levels_of(value) > most_levels)
      unfit_.push_back(fmt::format("{}: the value is nested too deeply: more than {} levels", place(at), most_levels));
  }

  void target(stack::Target& target) {
    if (!target.url.empty()) target.url = filled_url(target.url, target.at);
    if (!target.path.empty()) target.path = filled_path(target.path, target.at);
    if (!target.service.empty() && !target.path.starts_with('/')) target.path.insert(0, "/");
  }

  std::vector<std::string> missing() { return std::move(missing_); }
  std::vector<std::string> unfit() { return std::move(unfit_); }

 private:
  void unfit(const yaml::Position& at, const std::string& name, std::string_view why) {
    const auto sentence = fmt::format("{}: {{{{{}}}}} {}", place(at), name, why);
    if (std::ranges::find(unfit_, sentence) == unfit_.end()) unfit_.push_back(sentence);
  }

  // False when what is filled in would come to too much.
  bool grows_by(std::size_t weight, const yaml::Position& at, const std::string& name) {
    if (weight > most_weight - weight_) {
      unfit(at, name, fmt::format("makes the step too large: more than {} bytes are filled in", most_weight));
      return false;
    }
    weight_ += weight;
    return true;
  }

  Json known(const std::string& name) {
    if (name == stack::trace_id_name && !trace_id_.empty()) return trace_id_;
    if (stack::is_built_in(name)) return values_.make(name);
    if (const auto* value = values_.find(name)) return *value;
    if (std::ranges::find(missing_, name) == missing_.end()) missing_.push_back(name);
    return "";
  }

  void fill_in(Json& value, yaml::Position at) {
    if (value.is_structured()) {
      for (auto& item : value) fill_in(item, at);
    } else if (value.is_string()) {
      value = whole(value.get_ref<const std::string&>(), at);
    }
  }

  Json whole(const std::string& text, yaml::Position at) {
    const auto found = stack::placeholders(text);
    if (found && found->size() == 1 && found->front().length == text.size()) {
      const auto& name = found->front().name;
      auto value = known(name);
      return grows_by(weight_of(value), at, name) ? std::move(value) : Json();
    }
    return replaced(text, at, [](const std::string&, std::string value) { return value; });
  }

  std::string filled_path(const std::string& written, yaml::Position at) {
    std::vector<std::string> names;
    auto path = replaced(written, at, [&](const std::string& name, const std::string& value) {
      names.push_back(name);
      return path_encode(value);
    });
    if (gains_dot_segments(written, path)) {
      for (const auto& name : names) unfit(at, name, "makes a path segment '.' or '..', which leads to another path");
    }
    return path;
  }

  // Where the path of a URL begins: at its first slash or question mark, which the last name before it may bring.
  std::size_t path_begin(const std::string& url) {
    const auto end = std::min(url.find_first_of("/?#", url.find("://") + 3), url.size());
    const auto found = stack::placeholders(std::string_view(url).substr(0, end));
    if (!found || found->empty()) return end;
    const auto& last = found->back();
    const bool brings_path = last.offset + last.length == end && as_text(known(last.name)).starts_with('/');
    return brings_path ? last.offset : end;
  }

  // Scheme, user and host, and what follows them, are filled in by themselves.
  std::string filled_url(const std::string& written, yaml::Position at) {
    const auto path = path_begin(written);
    const auto host = written.rfind('@', path) == std::string::npos ? 0 : written.rfind('@', path) + 1;
    auto url = replaced(written.substr(0, host), at,
                        [](const std::string&, const std::string& value) { return http::percent_encode(value); });
    url += replaced(written.substr(host, path - host), at, [&](const std::string& name, std::string value) {
      if (!is_host_name(value)) unfit(at, name, "is not a host name: letters, digits, '-', '.', '_' and '~'");
      return value;
    });
    return url + filled_path(written.substr(path), at);
  }

  template <typename Encode>
  std::string replaced(const std::string& text, const yaml::Position& at, Encode encode) {
    const auto found = stack::placeholders(text);
    if (!found) return text;
    std::string out;
    std::size_t from = 0;
    for (const auto& placeholder : *found) {
      out += text.substr(from, placeholder.offset - from);
      const auto value = encode(placeholder.name, as_text(known(placeholder.name)));
      if (grows_by(value.size(), at, placeholder.name)) out += value;
      from = placeholder.offset + placeholder.length;
    }
    return out + text.substr(from);
  }

  Values& values_;
  std::string trace_id_;
  std::vector<std::string> missing_;
  std::vector<std::string> unfit_;
  std::size_t weight_ = 0;
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

Filled fill(const stack::VerifyStep& check, Values& values, const std::string& trace_id) {
  Filler filler(values, trace_id);
  Filled filled{check, {}, {}};
  stack::walk_texts(filled.check, filler);
  filled.missing = filler.missing();
  filled.unfit = filler.unfit();
  return filled;
}

FilledValue fill(const declare::Named<Json>& entry, Values& values) {
  Filler filler(values, {});
  FilledValue filled{entry.value, {}, {}};
  filler.value(filled.value, entry.at);
  filled.missing = filler.missing();
  filled.unfit = filler.unfit();
  return filled;
}

}  // namespace saasctl::verify
