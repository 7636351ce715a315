#include "stack/node.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_set>

#include "util/text.hpp"

namespace saasctl::stack {
namespace {

constexpr std::size_t most_nodes = 1'000'000;

Position position(const Source& source, const YAML::Mark& mark) {
  if (mark.line < 0 || mark.column < 0) return {&source, 1, 1};
  return {&source, static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

struct TooLarge {};

// Builds the tree from the parser's events; a map's children alternate key and value until it ends.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const Source& source, Diagnostics& diagnostics) : source_(source), diagnostics_(diagnostics) {}

  NodePtr root() const { return root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { leaf(make(Kind::null, mark), anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      diagnostics_.add(position(source_, mark), 1, "an anchor cannot be used inside its own definition");
      leaf(make(Kind::null, mark), 0);
    } else {
      count(found->second.second);
      attach(found->second.first, found->second.second);
    }
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    auto node = make(Kind::scalar, mark);
    node->text = value;
    node->plain = tag == "?";
    check_tag(mark, tag);
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
    std::unordered_set<std::string> names = {};  // map: its keys so far
    std::size_t size = 1;
  };

  std::shared_ptr<Node> make(Kind kind, const YAML::Mark& mark) {
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->at = position(source_, mark);
    count(1);
    return node;
  }

  // The schema's own tags say what a value is anyway; others, such as Compose's !reset, would be dropped silently.
  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:")) return;
    diagnostics_.add(position(source_, mark), 1, fmt::format("tag '{}' is not supported", tag), "remove it");
  }

  void count(std::size_t nodes) {
    total_ += nodes;
    if (total_ > most_nodes) throw TooLarge{};
  }

  void leaf(std::shared_ptr<Node> node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = {node, 1};
    attach(std::move(node), 1);
  }

  void open(Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    check_tag(mark, tag);
    frames_.push_back({make(kind, mark), anchor});
  }

  void close() {
    auto frame = std::move(frames_.back());
    frames_.pop_back();
    for (const auto& [at, source] : frame.merges) merge(frame, at, *source);
    if (frame.anchor != 0) anchors_[frame.anchor] = {frame.node, frame.size};
    attach(frame.node, frame.size);
  }

  void attach(NodePtr node, std::size_t size) {
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    auto& frame = frames_.back();
    frame.size += size;
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
      diagnostics_.add(key->at, key->width(), fmt::format("a key must be a string, not {}", describe(*key)));
      return;
    }
    if (key->plain && key->text == "<<") {
      frame.merges.emplace_back(key->at, std::move(value));
      return;
    }
    if (!frame.names.insert(key->text).second) {
      const auto before = std::ranges::find(frame.node->entries, key->text, &Entry::key);
      diagnostics_.add(key->at, key->width(),
                       fmt::format("key '{}' is already set on line {}", key->text, before->at.line),
                       "keep one of the two");
      return;
    }
    frame.node->entries.push_back({key->text, key->at, std::move(value)});
  }

  // Keys that the map has itself win, and of several sources the earlier one.
  void merge(Frame& into, const Position& at, const Node& from) {
    if (from.kind == Kind::list) {
      for (const auto& item : from.items) merge(into, at, *item);
    } else if (from.kind == Kind::map) {
      for (const auto& entry : from.entries) {
        if (into.names.insert(entry.key).second) into.node->entries.push_back(entry);
      }
      count(from.entries.size());
    } else {
      diagnostics_.add(at, 2, fmt::format("'<<' takes a map or a list of maps, not {}", describe(from)),
                       "write <<: *anchor, where &anchor stands before a map");
    }
  }

  const Source& source_;
  Diagnostics& diagnostics_;
  NodePtr root_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, std::pair<NodePtr, std::size_t>> anchors_;
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
  return std::max<std::size_t>(1, std::min(text.size() + (plain ? 0 : 2), rest));
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

NodePtr parse_yaml(const Source& source, Diagnostics& diagnostics) {
  TreeBuilder builder(source, diagnostics);
  if (const auto nul = source.text().find('\0'); nul != std::string::npos) {
    diagnostics.add(source.position(nul), 1, "a zero byte: this is not a text file");
    return nullptr;
  }
  if (const auto wrong = find_invalid_utf8(source.text())) {
    diagnostics.add(source.position(*wrong), 1, "a byte that is not UTF-8", "save the file as UTF-8");
    return nullptr;
  }
  try {
    std::istringstream stream(source.text());
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return nullptr;
    TreeBuilder second(source, diagnostics);
    if (parser.HandleNextDocument(second) && second.root() && second.root()->kind != Kind::null) {
      diagnostics.add(second.root()->at, 1, "a second YAML document", "a stack file is one document: remove the '---'");
    }
  } catch (const YAML::Exception& error) {
    diagnostics.add(position(source, error.mark), 1, "not valid YAML: " + error.msg);
    return nullptr;
  } catch (const TooLarge&) {
    diagnostics.add({&source, 1, 1}, 1, "the file unfolds to more than a million values",
                    "look for aliases that repeat other aliases");
    return nullptr;
  }
  return builder.root();
}

}  // namespace saasctl::stack
