#include "render/yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "util/text.hpp"

namespace saasctl::render {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t longest_flow = 96;

bool looks_typed(const std::string& text) {
  constexpr std::array words{"null", "true", "false", "yes",  "no",   "on",    "off",
                             "y",    "n",    "~",     ".nan", ".inf", "-.inf", "+.inf"};
  const auto lower = to_lower(text);
  if (std::ranges::any_of(words, [&](const char* word) { return lower == word; })) return true;
  // Digits first: numbers, versions, dates, octal, sexagesimal "10:30" (YAML 1.1).
  const auto start = text.find_first_not_of("+-.");
  return start != std::string::npos && text[start] >= '0' && text[start] <= '9' &&
         text.find_first_not_of("0123456789abcdefABCDEFxXoO_+-.:eETZ ") == std::string::npos;
}

struct Special {
  std::size_t length = 0;  // bytes; 0: an ordinary character
  unsigned code = 0;
};

// A character that some reader takes for a line break or refuses: controls, U+0080 to U+009F, U+2028, U+2029, U+FEFF.
Special special_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  if (byte(0) < 0x20 || byte(0) == 0x7f) return {1, byte(0)};
  if (byte(0) == 0xc2 && byte(1) >= 0x80 && byte(1) < 0xa0) return {2, byte(1)};
  if (text.starts_with("\u2028")) return {3, 0x2028};
  if (text.starts_with("\u2029")) return {3, 0x2029};
  if (text.starts_with("\ufeff")) return {3, 0xfeff};
  return {};
}

// Nothing special but line feeds.
bool is_printable(std::string_view text) {
  for (; !text.empty(); text.remove_prefix(1)) {
    if (text.front() != '\n' && special_at(text).length > 0) return false;
  }
  return true;
}

bool plain_allowed(const std::string& text, bool in_flow) {
  if (text.empty() || looks_typed(text)) return false;
  if (std::string_view("-?:,[]{}#&*!|>'\"%@` \t=<").find(text[0]) != std::string_view::npos) {
    const bool option = text[0] == '-' && text.size() > 1 && text[1] != ' ';
    if (!option) return false;
  }
  if (text.starts_with("---") || text.starts_with("...")) return false;  // would end the document in column 1
  if (text.back() == ' ' || text.back() == ':') return false;
  if (text.find(": ") != std::string::npos || text.find(" #") != std::string::npos) return false;
  if (in_flow && text.find_first_of(",[]{}?") != std::string::npos) return false;
  return text.find('\n') == std::string::npos && is_printable(text);
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const char c = text.front();
    if (const auto special = special_at(text); special.length > 0) {
      out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : fmt::format("\\u{:04x}", special.code);
      text.remove_prefix(special.length);
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
    text.remove_prefix(1);
  }
  return out + '"';
}

std::string scalar(const Json& value, bool in_flow) {
  if (!value.is_string()) return value.is_null() ? "" : value.dump();
  const auto& text = value.get_ref<const std::string&>();
  return plain_allowed(text, in_flow) ? text : in_quotes(text);
}

// Lists that are read line by line stay one item a line, however short.
bool always_block(std::string_view key) {
  return key == "ports" || key == "volumes" || key == "secrets" || key == "configs" || key == "env_file";
}

bool is_text_block(const Json& value) {
  return value.is_string() && value.get_ref<const std::string&>().find('\n') != std::string::npos;
}

// A list of scalars on one line, or "" when it is long or holds more than scalars.
std::string flow(const Json& list) {
  std::string out = "[";
  for (const auto& item : list) {
    if (item.is_structured() || item.is_null() || is_text_block(item)) return "";
    if (out.size() > 1) out += ", ";
    out += scalar(item, true);
  }
  return out.size() < longest_flow ? out + "]" : "";
}

class Writer {
 public:
  std::string take() { return std::move(out_); }

  void value(const Json& value, std::size_t indent, bool continued) {
    if (value.is_structured() && value.empty()) {
      out_ += value.is_array() ? "[]\n" : "{}\n";
    } else if (value.is_object()) {
      object(value, indent, continued);
    } else if (value.is_array()) {
      list(value, indent, continued);
    } else {
      out_ += scalar(value, false) + "\n";
    }
  }

 private:
  void object(const Json& map, std::size_t indent, bool continued) {
    bool first = continued;  // the first key stands on the line of its list item's dash
    for (const auto& [key, value] : map.items()) {
      if (!first) out_.append(indent, ' ');
      first = false;
      out_ += yaml_scalar(key) + ":";
      member(key, value, indent);
    }
  }

  void member(const std::string& key, const Json& value, std::size_t indent) {
    if (value.is_structured() && value.empty()) {
      out_ += value.is_array() ? " []\n" : " {}\n";
    } else if (value.is_array() && !always_block(key) && !flow(value).empty()) {
      out_ += " " + flow(value) + "\n";
    } else if (is_text_block(value)) {
      block(value.get<std::string>(), indent + 2);
    } else if (value.is_structured()) {
      out_ += "\n";
      this->value(value, indent + 2, false);
    } else {
      const auto text = scalar(value, false);
      out_ += (text.empty() ? "" : " " + text) + "\n";
    }
  }

  void list(const Json& list, std::size_t indent, bool continued) {
    bool first = continued;
    for (const auto& item : list) {
      if (!first) out_.append(indent, ' ');
      first = false;
      out_ += "-";
      if (is_text_block(item)) {
        block(item.get<std::string>(), indent + 2);
      } else {
        out_ += " ";
        value(item, indent + 2, true);
      }
    }
  }

  // A literal block, which keeps every line as it is.
  void block(const std::string& text, std::size_t indent) {
    const auto last = std::min(text.find_last_not_of('\n'), text.size());
    const auto lines = split(text.substr(0, last + 1), '\n');
    const bool blank = std::ranges::any_of(lines, [](const auto& line) { return !line.empty() && trim(line).empty(); });
    const bool clean = text[0] != ' ' && text[0] != '\n' && !blank && is_printable(text) && text.size() - last <= 2;
    if (!clean) {
      out_ += " " + in_quotes(text) + "\n";
      return;
    }
    out_ += text.back() == '\n' ? " |\n" : " |-\n";
    for (const auto& line : lines) {
      if (!line.empty()) out_.append(indent, ' ') += line;
      out_ += '\n';
    }
  }

  std::string out_;
};

}  // namespace

std::string yaml_scalar(const std::string& text) {
  return scalar(Json(text), false);
}

std::string to_yaml(const Json& value) {
  Writer writer;
  writer.value(value, 0, false);
  return writer.take();
}

}  // namespace saasctl::render
