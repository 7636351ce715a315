#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "stack/shapes.hpp"
#include "util/text.hpp"

namespace saasctl::stack {
namespace {

struct Range {
  long long first;
  long long last;
};

constexpr std::array protocols{"tcp", "udp", "sctp"};

// Splits at ':' outside ${…} and […] (an IPv6 address).
std::vector<std::string> split_outside_variables(std::string_view text) {
  std::vector<std::string> parts(1);
  int bracket = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '$') {
      const auto end = variable_end(text, i);
      parts.back() += text.substr(i, end - i);
      i = end;
      continue;
    }
    if (text[i] == '[') ++bracket;
    if (text[i] == ']') --bracket;
    if (text[i] == ':' && bracket == 0) {
      parts.emplace_back();
    } else {
      parts.back() += text[i];
    }
    ++i;
  }
  return parts;
}

// A port of the host may be 0: any that is free.
Parsed<Range> parse_range(std::string_view text, bool of_host = false) {
  const auto dash = text.find('-');
  const auto first = parse_integer(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_integer(text.substr(dash + 1));
  if (!first || !last || *first < (of_host ? 0 : 1) || *last > 65535) return std::unexpected("a port from 1 to 65535");
  if (*last < *first)
    return std::unexpected(fmt::format("a range of ports: it runs backwards, write {}-{}", *last, *first));
  return Range{*first, *last};
}

// A port; one of the host may be several ("8000-8010") of which the engine takes a free one, or empty.
Codec<Word> port_text(bool of_host) {
  auto form = word();
  form.schema = []() -> Json { return {{"type", {"integer", "string"}}}; };
  form.type_name = of_host ? "port or range of ports" : "port";
  form.read = [of_host](const Node& node, Reader& reader) -> std::optional<Word> {
    const auto scalar = reader.scalar(node);
    if (!scalar) return std::nullopt;
    const bool empty = of_host && node.kind == Kind::scalar && scalar->value.empty();
    const auto range = parse_range(scalar->value, of_host);
    const bool one = range && range->first == range->last;
    if (scalar->is_known && !empty && !one && !(range && of_host)) {
      reader.error(node, fmt::format("'{}' is not {}", scalar->value, range ? "a port from 1 to 65535" : range.error()),
                   of_host ? "write a number or a range such as 8000-8010, or remove the key for any free port"
                           : "write one number");
      return std::nullopt;
    }
    return Word{scalar->kept, node.at};
  };
  return form;
}

Codec<std::string> protocol_text() {
  auto form = one_of({"tcp", "udp", "sctp"});
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<std::string> {
    if (node.kind != Kind::scalar || has_variable(node.text)) return read(node, reader);
    auto lower = node;
    lower.text = to_lower(node.text);
    return read(lower, reader);
  };
  return form;
}

Codec<std::string> address_text() {
  auto form = any_text();
  form.type_name = "IP address";
  form.read = [](const Node& node, Reader& reader) -> std::optional<std::string> {
    const auto scalar = reader.scalar(node);
    if (!scalar) return std::nullopt;
    if (scalar->kept.empty()) return std::nullopt;
    if (scalar->is_known && !scalar->value.empty() && !is_ip_address(scalar->value)) {
      reader.error(node, fmt::format("'{}' is not an IP address", scalar->value),
                   "write an address of the host such as 127.0.0.1, or remove the key for all");
      return std::nullopt;
    }
    return scalar->kept;
  };
  return form;
}

const Record<Port>& port_record() {
  static const auto record =
      Record<Port>("port", "A port of the container, and where the host publishes it.")
          .key("target", &Port::target, port_text(false), "Port inside the container.", Origin::compose, true)
          .key("published", &Port::published, port_text(true),
               "Port on the host; default: the engine picks a free one.")
          .key("host_ip", &Port::host_ip, address_text(), "Address of the host to listen on; default: all.")
          .key("protocol", &Port::protocol, protocol_text(), "Protocol; default: tcp.")
          .key("mode", &Port::mode, one_of({"host", "ingress"}), "Whether each node publishes it, or all for all.")
          .no_effect("with one engine both are one")
          .key("name", &Port::name, any_text(), "Name for the reader.")
          .no_effect("for the reader")
          .key("app_protocol", &Port::app_protocol, any_text(), "What is spoken on it, for the reader.")
          .no_effect("for the reader");
  return record;
}

struct PortText {
  std::optional<std::string> host_ip;
  std::string published;
  std::string target;
  std::string protocol = "tcp";
};

Parsed<PortText> split_port(std::string_view text) {
  constexpr auto expected = "a port such as 80, 8080:80, 127.0.0.1:8080:80 or 53:53/udp";
  PortText port;
  if (const auto slash = text.rfind('/');
      slash != std::string_view::npos && text.find('}', slash) == std::string_view::npos) {
    port.protocol = to_lower(text.substr(slash + 1));
    text = text.substr(0, slash);
    if (std::ranges::find(protocols, port.protocol) == protocols.end()) return std::unexpected(expected);
  }
  auto parts = split_outside_variables(text);
  port.target = parts.back();
  if (parts.size() > 1) port.published = parts[parts.size() - 2];
  if (parts.size() > 2) {
    // What stands before the ports is the address, one of IPv6 with or without brackets.
    auto ip = join({parts.begin(), parts.end() - 2}, ":");
    if (ip.starts_with('[') && ip.ends_with(']')) ip = ip.substr(1, ip.size() - 2);
    if (!ip.empty()) port.host_ip = ip;
  }
  if (port.target.empty()) return std::unexpected(expected);
  return port;
}

Port as_written(const PortText& text, const Node& node) {
  return {{node.at, {}}, text.host_ip, {text.published, node.at}, {text.target, node.at}, text.protocol, {}, {}, {}};
}

// The ports that a short form stands for; several when it has ranges.
std::optional<std::vector<Port>> read_port_line(const Node& node, Reader& reader) {
  const auto scalar = reader.scalar(node);
  if (!scalar) return std::nullopt;
  const auto fail = [&](std::string_view expected) {
    reader.error(node, fmt::format("'{}' is not {}", scalar->value, expected),
                 "write [[address:]published:]target[/protocol]");
    return std::nullopt;
  };
  const auto value = split_port(scalar->value);
  const auto kept = split_port(scalar->kept);
  if (!kept) return fail(kept.error());
  if (!scalar->is_known || !value) {
    if (scalar->is_known) return fail(value.error());
    return std::vector<Port>{as_written(*kept, node)};
  }
  const auto target = parse_range(value->target);
  if (!target) return fail(target.error());
  const auto published = value->published.empty() ? target : parse_range(value->published, true);
  if (!published) return fail(published.error());
  const bool any_of_range = target->first == target->last && published->last > published->first;
  if (!any_of_range && published->last - published->first != target->last - target->first) {
    return fail("a pair of port ranges of the same length");
  }
  if (value->host_ip && !is_ip_address(*value->host_ip))
    return fail("a port on an IP address such as 127.0.0.1:8080:80");
  if (has_variable(scalar->kept) || any_of_range) return std::vector<Port>{as_written(*kept, node)};
  std::vector<Port> ports;
  for (long long i = 0; i <= target->last - target->first; ++i) {
    auto port = as_written(*kept, node);
    port.target.text = std::to_string(target->first + i);
    if (!kept->published.empty()) port.published.text = std::to_string(published->first + i);
    ports.push_back(std::move(port));
  }
  return ports;
}

Json write_port(const Port& port, Style style) {
  if (style == Style::source && (port.mode || port.name || port.app_protocol)) return port_record().write(port, style);
  if (style == Style::canonical) {
    Json out = {{"target", port.target.text}, {"protocol", port.protocol}};
    if (!port.published.text.empty()) out["published"] = port.published.text;
    if (port.host_ip) out["host_ip"] = *port.host_ip;
    return out;
  }
  std::string text = port.target.text;
  if (!port.published.text.empty()) text = port.published.text + ":" + text;
  if (port.host_ip) {
    const bool v6 = port.host_ip->find(':') != std::string::npos && !has_variable(*port.host_ip);
    text = (v6 ? "[" + *port.host_ip + "]:" : *port.host_ip + ":") + (port.published.text.empty() ? ":" : "") + text;
  }
  if (port.protocol != "tcp") text += "/" + port.protocol;
  return text;
}

}  // namespace

Codec<std::string> expose_form() {
  return checked_text("a port such as 80, 53/udp or 3000-3005", "", [](std::string_view value) {
    const auto slash = std::min(value.find('/'), value.size());
    const bool known =
        slash == value.size() || std::ranges::find(protocols, value.substr(slash + 1)) != protocols.end();
    return known && parse_range(value.substr(0, slash)).has_value();
  });
}

Codec<std::vector<Port>> ports_form() {
  auto form = list_of(port_record().form());
  form.read = [](const Node& node, Reader& reader) -> std::optional<std::vector<Port>> {
    if (node.kind != Kind::list) {
      reader.wrong_type(node, "a list of ports");
      return std::nullopt;
    }
    std::vector<Port> ports;
    for (const auto& item : node.items) {
      if (item->kind == Kind::map) {
        if (auto port = port_record().read(*item, reader)) ports.push_back(std::move(*port));
      } else if (auto some = read_port_line(*item, reader)) {
        std::ranges::move(*some, std::back_inserter(ports));
      }
    }
    return ports;
  };
  form.write = [](const std::vector<Port>& ports, Style style) {
    Json out = Json::array();
    for (const auto& port : ports) out.push_back(write_port(port, style));
    return out;
  };
  form.schema = []() -> Json {
    return {{"type", "array"},
            {"items", {{"oneOf", {{{"type", {"string", "integer"}}}, port_record().form().schema()}}}}};
  };
  form.type_name = "list of [[ip:]published:]target[/protocol] or of port";
  return form;
}

}  // namespace saasctl::stack
