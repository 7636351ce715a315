#include "yaml/node.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_map>

#include "util/text.hpp"
#include "yaml/yaml_parser.hpp"

namespace saasctl::yaml {
namespace {

constexpr std::size_t most_nodes = 1'000'000;

// Maps and lists inside one another. Whoever merges, reads or destroys a tree recurses once a level.
constexpr std::size_t most_levels = 200;

Position position(const Source& source, const YAML::Mark& mark) {
  if (mark.line < 0 || mark.column < 0) return {&source, 1, 1};
  return {&source, static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

// yaml-cpp ends a plain value in brackets at any '?', as in [curl, http://x/?a=b]. YAML does so only before a blank; so
// it is given another byte for all others, one that UTF-8 does not have.
constexpr char question_mark = '\xc0';

std::string without_question_marks(std::string text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '?' && std::string_view(" \t\r\n").find(text[i + 1]) == std::string_view::npos)
      text[i] = question_mark;
  }
  return text;
}

std::string with_question_marks(std::string text) {
  std::ranges::replace(text, question_mark, '?');
  return text;
}

struct TooLarge {};
struct Stopped {};
struct TooDeep {
  Position at;
};

// What a part of the tree comes to, each alias counted as if its anchor's value were written out.
struct Extent {
  std::size_t nodes = 1;
  std::size_t levels = 0;  // of maps and lists, the part's own included
};

// Builds the tree from the parser's events; a map's children alternate key and value until it ends.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const Source& source, bool tags, Diagnostics& diagnostics, const std::stop_token& stop)
      : source_(source), tags_(tags), diagnostics_(diagnostics), stop_(stop) {}

  NodePtr root() const { return root_; }
  Position start() const { return start_; }

  void OnDocumentStart(const YAML::Mark& mark) override { start_ = position(source_, mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { leaf(make(Kind::null, mark), anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      diagnostics_.add(position(source_, mark), 1, "an anchor cannot be used inside its own definition",
                       "write the value out here");
      leaf(make(Kind::null, mark), 0);
    } else {
      const auto& [node, extent] = found->second;
      count(extent.nodes);
      if (frames_.size() + extent.levels > most_levels) throw TooDeep{position(source_, mark)};
      attach(node, extent);
    }
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    auto node = make(Kind::scalar, mark);
    node->text = with_question_marks(value);
    node->plain = tag == "?";
    apply_tag(*node, mark, tag);
    if (node->plain && value.empty() && node->tag != Tag::none) node->kind = Kind::null;
    if (node->plain && (value == "~" || value == "null" || value == "Null" || value == "NULL")) node->kind = Kind::null;
    leaf(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    std::shared_ptr<Node> node;
    YAML::anchor_t anchor;
    NodePtr key = nullptr;  // map: the key whose value comes next
    std::vector<std::pair<Position, NodePtr>> merges = {};
    std::unordered_map<std::string, std::size_t> names = {};  // map: its keys so far, and which entry each is
    Extent extent = {1, 1};
    bool resets = false;  // map: one of its own values is to be reset
  };

  std::shared_ptr<Node> make(Kind kind, const YAML::Mark& mark) {
    if (stop_.stop_requested()) throw Stopped{};
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->at = position(source_, mark);
    count(1);
    return node;
  }

  // The schema's own tags say what a value is anyway; unknown ones would be dropped silently.
  void apply_tag(Node& node, const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:")) return;
    if (tags_ && (tag == "!reset" || tag == "!override")) {
      node.tag = tag == "!reset" ? Tag::reset : Tag::replace;
      step_over_tag(node);
    } else {
      diagnostics_.add(position(source_, mark), 1, fmt::format("tag '{}' is not supported", with_question_marks(tag)),
                       tags_ ? "the tags are !reset and !override" : "remove it");
    }
  }

  // The parser places a node at its tag. The value stands behind it, unless it begins on another line.
  void step_over_tag(Node& node) const {
    const auto& text = source_.text();
    auto at = source_.offset(node.at);
    while (at < text.size() && (text[at] == '!' || text[at] == '&')) {
      at = std::min(text.find_first_of(" \t\r\n", at), text.size());
      at = std::min(text.find_first_not_of(" \t", at), text.size());
    }
    const bool here = at < text.size() && std::string_view("\r\n#").find(text[at]) == std::string_view::npos;
    if (here) node.at = source_.position(at);
    node.plain = !here || std::string_view("\"'|>").find(text[at]) == std::string_view::npos;
  }

  void count(std::size_t nodes) {
    total_ += nodes;
    if (total_ > most_nodes) throw TooLarge{};
  }

  void leaf(std::shared_ptr<Node> node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = {node, {}};
    attach(std::move(node), {});
  }

  void open(Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (frames_.size() == most_levels) throw TooDeep{position(source_, mark)};
    auto node = make(kind, mark);
    apply_tag(*node, mark, tag);
    frames_.push_back({std::move(node), anchor});
  }

  void close() {
    auto frame = std::move(frames_.back());
    frames_.pop_back();
    for (const auto& [at, source] : frame.merges) merge(frame, at, *source);
    if (frame.anchor != 0) anchors_[frame.anchor] = {frame.node, frame.extent};
    attach(frame.node, frame.extent);
  }

  void attach(NodePtr node, Extent extent) {
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    auto& frame = frames_.back();
    frame.extent.nodes += extent.nodes;
    frame.extent.levels = std::max(frame.extent.levels, extent.levels + 1);
    if (frame.node->kind == Kind::list) {
      frame.node->items.push_back(std::move(node));
    } else if (!frame.key) {
      frame.key = std::move(node);
    } else {
      add_entry(frame, std::move(node));
    }
  }

  void add_entry(Frame& frame, NodePtr value) {
    const auto key = std::exchange(frame.key, nullptr);
    if (key->kind != Kind::scalar) {
      diagnostics_.add(key->at, key->width(), fmt::format("a key must be a string, not {}", describe(*key)),
                       "quote it, or write NAME: VALUE");
      return;
    }
    if (key->plain && key->text == "<<") {
      frame.merges.emplace_back(key->at, std::move(value));
      return;
    }
    const auto [known, fresh] = frame.names.emplace(key->text, frame.node->entries.size());
    if (!fresh) {
      diagnostics_.add(
          key->at, key->width(),
          fmt::format("key '{}' is already set on line {}", key->text, frame.node->entries[known->second].at.line),
          "keep one of the two");
      return;
    }
    frame.resets = frame.resets || value->tag == Tag::reset;
    frame.node->entries.push_back({key->text, key->at, std::move(value)});
  }

  // A key that the map itself resets is not there, so it takes the merged value; what earlier files say goes all the
  // same.
  static void give_back(Entry& own, const NodePtr& value) {
    auto copy = std::make_shared<Node>(*value);
    copy->tag = Tag::replace;
    own.value = std::move(copy);
  }

  // Keys that the map has itself win, and of several sources the earlier one.
  void merge(Frame& into, const Position& at, const Node& from) {
    if (from.kind == Kind::list) {
      for (const auto& item : from.items) merge(into, at, *item);
    } else if (from.kind == Kind::map) {
      for (const auto& entry : from.entries) {
        const auto [known, fresh] = into.names.emplace(entry.key, into.node->entries.size());
        if (fresh) {
          into.node->entries.push_back(entry);
        } else if (auto& own = into.node->entries[known->second]; into.resets && own.value->tag == Tag::reset) {
          give_back(own, entry.value);
        }
      }
      count(from.entries.size());
    } else {
      diagnostics_.add(at, 2, fmt::format("'<<' takes a map or a list of maps, not {}", describe(from)),
                       "write <<: *anchor, with &anchor before a map");
    }
  }

  const Source& source_;
  bool tags_;
  Diagnostics& diagnostics_;
  const std::stop_token& stop_;
  NodePtr root_;
  Position start_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, std::pair<NodePtr, Extent>> anchors_;
  std::size_t total_ = 0;
};

bool is_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with("0x") || text.starts_with("0o")) return text.size() > 2;
  const bool digits = text.find_first_of("0123456789") != std::string_view::npos;
  return digits && text.find_first_not_of("0123456789.eE+-") == std::string_view::npos &&
         (text[0] == '.' || (text[0] >= '0' && text[0] <= '9')) && std::ranges::count(text, '.') <= 1;
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? nullptr : found->value.get();
}

std::size_t Node::width() const {
  if (kind != Kind::scalar || !at) return 1;
  const auto line = at.source->line(at.line);
  const std::size_t rest = line.size() >= at.column ? line.size() - at.column + 1 : 1;
  const auto bytes = written > 0 ? written : text.size() + (plain ? 0 : 2);
  return std::max<std::size_t>(1, std::min(bytes, rest));
}

std::string_view describe(const Node& node) {
  switch (node.kind) {
    case Kind::null:
      return "nothing";
    case Kind::list:
      return "a list";
    case Kind::map:
      return "a map";
    case Kind::scalar:
      break;
  }
  if (!node.plain) return "a string";
  const auto lower = to_lower(node.text);
  if ((lower == "true" || lower == "false") && lower.substr(1) == std::string_view(node.text).substr(1))
    return "true or false";
  if (node.text == "TRUE" || node.text == "FALSE") return "true or false";
  return is_number(node.text) ? "a number" : "a string";
}

Position place_of(const Node& node, std::size_t offset) {
  if (!node.at) return node.at;
  const auto& file = node.at.source->text();
  const auto dollars = std::ranges::count(std::string_view(node.text).substr(0, offset), '$') + 1;
  std::size_t at = node.at.source->offset(node.at) - 1;
  for (long i = 0; i < dollars; ++i) {
    at = file.find('$', at + 1);
    if (at == std::string::npos) return node.at;
  }
  return node.at.source->position(at);
}

namespace {

std::vector<NodePtr> parse(const Source& source, bool several, Diagnostics& diagnostics, const std::stop_token& stop) {
  std::vector<NodePtr> roots;
  if (const auto nul = source.text().find('\0'); nul != std::string::npos) {
    diagnostics.add(source.position(nul), 1, "a zero byte: this is not a text file", "name a YAML file");
    return roots;
  }
  if (const auto wrong = find_invalid_utf8(source.text())) {
    diagnostics.add(source.position(*wrong), 1, "a byte that is not UTF-8", "save the file as UTF-8");
    return roots;
  }
  try {
    std::istringstream stream(without_question_marks(source.text()));
    YAML::Parser parser(stream);
    for (Position last;;) {
      TreeBuilder builder(source, several, diagnostics, stop);
      if (!parser.HandleNextDocument(builder)) break;
      const auto start = builder.start();
      // yaml-cpp gives empty documents without end where a sign of a list or map in brackets stands alone.
      if (start.line == last.line && start.column == last.column) {
        diagnostics.add(start, 1, "not valid YAML: this sign cannot stand here", "quote the text, or remove the sign");
        break;
      }
      last = start;
      if (!builder.root() || builder.root()->kind == Kind::null) continue;
      roots.push_back(builder.root());
      if (!several && roots.size() > 1) {
        diagnostics.add(roots.back()->at, 1, "a second YAML document", "the file is one document: remove the '---'");
        roots.pop_back();
        break;
      }
    }
  } catch (const YAML::Exception& error) {
    diagnostics.add(position(source, error.mark), 1, "not valid YAML: " + with_question_marks(error.msg),
                    "look at the indentation here and above; a value with ': ', ' #' or a bracket needs quotes");
  } catch (const TooLarge&) {
    diagnostics.add({&source, 1, 1}, 1, "the file unfolds to more than a million values",
                    "look for aliases that repeat other aliases");
    roots.clear();
  } catch (const Stopped&) {
    roots.clear();
  } catch (const TooDeep& error) {
    diagnostics.add(error.at, 1,
                    fmt::format("nested too deeply: more than {} maps and lists inside one another", most_levels),
                    "flatten the value; an alias counts with all levels of its anchor's value");
    roots.clear();
  }
  return roots;
}

}  // namespace

NodePtr parse_yaml(const Source& source, Diagnostics& diagnostics) {
  const auto roots = parse(source, false, diagnostics, {});
  return roots.empty() ? nullptr : roots.front();
}

std::vector<NodePtr> parse_documents(const Source& source, Diagnostics& diagnostics) {
  return parse(source, true, diagnostics, {});
}

std::vector<NodePtr> parse_documents(const Source& source, Diagnostics& diagnostics, const std::stop_token& stop) {
  return parse(source, true, diagnostics, stop);
}

}  // namespace saasctl::yaml
