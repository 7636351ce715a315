#include "build/dockerfile.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/images.hpp"
#include "util/text.hpp"

namespace saasctl::build {
namespace {

constexpr std::size_t shown_around = 2;
constexpr std::size_t most_shown = 12;

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::string unquoted(std::string_view text) {
  if (text.size() >= 2 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0])
    text = text.substr(1, text.size() - 2);
  return std::string(text);
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The character that continues a line: "# escape=`" among the directives at the top makes it another one.
char escape_of(const std::vector<std::string>& lines) {
  for (const auto& line : lines) {
    const auto text = trim(line);
    if (!text.starts_with('#')) break;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) break;
    const auto value = trim(text.substr(equals + 1));
    if (to_lower(trim(text.substr(1, equals - 1))) == "escape" && value.size() == 1) return value[0];
  }
  return '\\';
}

// The ends of the here-documents that an instruction's line opens (<<END, <<-"END"), in order.
std::vector<std::string> heredocs_of(const std::string& keyword, const std::string& text) {
  std::vector<std::string> ends;
  if (keyword != "RUN" && keyword != "COPY" && keyword != "ADD") return ends;
  for (const auto& word : words_of(text)) {
    const auto mark = word.find("<<");
    if (mark == std::string::npos || word.find_first_not_of("0123456789") != mark) continue;
    auto name = std::string_view(word).substr(mark + 2);
    if (name.starts_with('-')) name.remove_prefix(1);
    const auto end = unquoted(name);
    const bool is_name = !end.empty() && std::ranges::all_of(end, is_name_character) && (end[0] < '0' || end[0] > '9');
    if (is_name) ends.push_back(end);
  }
  return ends;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : lines_(split(text, '\n')), escape_(escape_of(lines_)) {}

  std::vector<Instruction> parse() {
    std::vector<Instruction> out;
    while (at_ < lines_.size()) {
      const auto text = trim(lines_[at_]);
      if (text.empty() || text.starts_with('#')) {
        ++at_;
      } else {
        out.push_back(read());
      }
    }
    return out;
  }

 private:
  Instruction read() {
    Instruction one;
    one.line = at_ + 1;
    for (bool more = true; more && at_ < lines_.size(); ++at_) {
      std::string_view line = lines_[at_];
      while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) line.remove_suffix(1);
      if (!one.text.empty() && (trim(line).empty() || trim(line).starts_with('#'))) continue;
      more = line.ends_with(escape_);
      if (more) line.remove_suffix(1);
      one.text += line;
      one.last = at_ + 1;
    }
    const auto words = words_of(one.text);
    one.keyword = words.empty() ? "" : upper(words.front());
    for (const auto& end : heredocs_of(one.keyword, one.text)) {
      while (at_ < lines_.size() && trim(lines_[at_]) != end) ++at_;
      one.last = std::min(at_ + 1, lines_.size());
      if (at_ < lines_.size()) ++at_;
    }
    return one;
  }

  std::vector<std::string> lines_;
  char escape_;
  std::size_t at_ = 0;
};

// $NAME, ${NAME}, ${NAME:-WORD} and ${NAME:+WORD} replaced; nothing when one of them has no value.
std::optional<std::string> expanded(std::string_view text, const BuildArgs& values) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '$') {
      out += text[at++];
      continue;
    }
    const bool braced = at + 1 < text.size() && text[at + 1] == '{';
    const auto begin = at + (braced ? 2 : 1);
    auto end = begin;
    while (end < text.size() && is_name_character(text[end])) ++end;
    const auto found = values.find(std::string(text.substr(begin, end - begin)));
    const bool given = found != values.end() && !found->second.empty();
    at = braced ? text.find('}', end) : end;
    if (end == begin || at == std::string_view::npos) return std::nullopt;
    const auto operation = braced ? text.substr(end, at - end) : std::string_view();
    if (braced) ++at;
    if (operation.starts_with(":+")) {
      out += given ? operation.substr(2) : "";
    } else if (given) {
      out += found->second;
    } else if (operation.starts_with(":-")) {
      out += operation.substr(2);
    } else {
      return std::nullopt;
    }
  }
  return out;
}

// One stage: where it begins and what it is built upon.
struct Stage {
  std::string name;  // in lower case; "stage-N" without one
  std::optional<std::string> base;
  bool is_image = false;  // the base is an image, no earlier stage and not scratch
  std::size_t first = 0;  // index of its FROM
  std::size_t end = 0;    // behind its last instruction
};

class Stages {
 public:
  Stages(const std::vector<Instruction>& instructions, const BuildArgs& args) : instructions_(instructions) {
    BuildArgs known;
    for (std::size_t i = 0; i < instructions.size(); ++i) {
      const auto& one = instructions[i];
      if (one.keyword == "ARG" && stages_.empty()) add_args(one, args, known);
      if (one.keyword == "FROM") add(one, i, known);
    }
    for (std::size_t i = 0; i < stages_.size(); ++i)
      stages_[i].end = i + 1 < stages_.size() ? stages_[i + 1].first : instructions.size();
  }

  const std::vector<Stage>& all() const { return stages_; }

  // A stage by its name or number.
  bool is_stage(std::string_view name) const {
    const auto lower = to_lower(name);
    if (std::ranges::find(stages_, lower, &Stage::name) != stages_.end()) return true;
    const auto number = parse_integer(name);
    return number && *number < static_cast<std::int64_t>(stages_.size());
  }

 private:
  static void add_args(const Instruction& one, const BuildArgs& given, BuildArgs& known) {
    const auto words = words_of(one.text);
    for (std::size_t i = 1; i < words.size(); ++i) {
      const auto equals = words[i].find('=');
      const auto name = words[i].substr(0, equals);
      if (const auto found = given.find(name); found != given.end()) {
        known[name] = found->second;
      } else if (equals != std::string::npos) {
        if (auto value = expanded(unquoted(std::string_view(words[i]).substr(equals + 1)), known))
          known[name] = std::move(*value);
      }
    }
  }

  void add(const Instruction& one, std::size_t index, const BuildArgs& known) {
    auto words = words_of(one.text);
    std::erase_if(words, [](const auto& word) { return word.starts_with("--"); });
    Stage stage{.name = fmt::format("stage-{}", stages_.size()), .base = {}, .first = index};
    if (words.size() > 1) stage.base = expanded(unquoted(words[1]), known);
    if (words.size() > 3 && to_lower(words[2]) == "as") stage.name = to_lower(words[3]);
    stage.is_image = stage.base && !stage.base->empty() && *stage.base != "scratch" && !is_stage(*stage.base);
    stages_.push_back(std::move(stage));
  }

  const std::vector<Instruction>& instructions_;
  std::vector<Stage> stages_;
};

// The values of "from" in --from=X and --mount=type=bind,from=X.
std::vector<std::string> sources_of(const Instruction& one) {
  std::vector<std::string> out;
  for (const auto& word : words_of(one.text)) {
    if (word.starts_with("--from=")) out.push_back(unquoted(std::string_view(word).substr(7)));
    if (!word.starts_with("--mount=")) continue;
    for (const auto& field : split(std::string_view(word).substr(8), ',')) {
      if (field.starts_with("from=")) out.push_back(unquoted(std::string_view(field).substr(5)));
    }
  }
  return out;
}

// ---- steps

struct StepName {
  std::string stage;                  // in lower case; empty when there is only one
  std::optional<std::size_t> number;  // of its instructions that make something, from 1
  std::string text;
};

// "[linux/amd64 build 2/5] RUN make" or "STEP 2/5: RUN make".
std::optional<StepName> parse_step(std::string_view step) {
  StepName out;
  if (to_lower(step.substr(0, 5)) == "step ") {
    const auto colon = step.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    out.text = trim(step.substr(colon + 1));
    return out;
  }
  const auto end = step.find("] ");
  if (!step.starts_with('[') || end == std::string_view::npos) return std::nullopt;
  const auto words = words_of(step.substr(1, end - 1));
  if (words.empty()) return std::nullopt;
  const auto number = parse_integer(std::string_view(words.back()).substr(0, words.back().find('/')));
  if (!number) return std::nullopt;
  out.number = static_cast<std::size_t>(*number);
  if (words.size() > 1 && words[words.size() - 2].find('/') == std::string::npos)
    out.stage = to_lower(words[words.size() - 2]);
  out.text = step.substr(end + 2);
  return out;
}

// Spaces count once, and the keyword is in upper case.
std::string normal(std::string_view text) {
  auto words = words_of(text);
  if (!words.empty()) words.front() = upper(words.front());
  return join(words, " ");
}

// Whether a step's text can come from an instruction: where that has a variable the step may have anything.
bool may_come_from(std::string_view step, std::string_view instruction) {
  std::vector<std::string> pieces{""};
  for (std::size_t at = 0; at < instruction.size();) {
    if (instruction[at] != '$') {
      pieces.back() += instruction[at++];
      continue;
    }
    pieces.emplace_back();
    ++at;
    if (at < instruction.size() && instruction[at] == '{') {
      at = std::min(instruction.find('}', at), instruction.size() - 1) + 1;
    } else {
      while (at < instruction.size() && is_name_character(instruction[at])) ++at;
    }
  }
  if (pieces.size() == 1) return step == pieces.front();
  if (!step.starts_with(pieces.front())) return false;
  std::size_t at = pieces.front().size();
  for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
    const auto found = step.find(pieces[i], at);
    if (found == std::string_view::npos) return false;
    at = found + pieces[i].size();
  }
  return step.size() >= at + pieces.back().size() && step.ends_with(pieces.back());
}

bool is_counted(const Instruction& one) {
  return one.keyword == "RUN" || one.keyword == "COPY" || one.keyword == "ADD" || one.keyword == "WORKDIR";
}

std::optional<Instruction> from_of_metadata(const std::vector<Instruction>& instructions, const Stages& stages,
                                            std::string_view step) {
  constexpr std::string_view words = "load metadata for ";
  const auto found = step.find(words);
  if (!step.starts_with("[internal]") || found == std::string_view::npos) return std::nullopt;
  const auto image = step.substr(found + words.size());
  for (const auto& stage : stages.all()) {
    if (stage.is_image && engine::full_reference(*stage.base) == engine::full_reference(image))
      return instructions[stage.first];
  }
  return std::nullopt;
}

}  // namespace

std::vector<Instruction> parse_dockerfile(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return Parser(text).parse();
}

std::vector<std::string> images_of(const std::vector<Instruction>& instructions, const BuildArgs& args) {
  const Stages stages(instructions, args);
  std::vector<std::string> images;
  const auto add = [&](const std::string& image) {
    if (std::ranges::find(images, image) == images.end()) images.push_back(image);
  };
  for (const auto& stage : stages.all()) {
    if (stage.is_image) add(*stage.base);
    for (auto i = stage.first + 1; i < stage.end; ++i) {
      for (const auto& source : sources_of(instructions[i])) {
        if (!source.empty() && source != "scratch" && source.find('$') == std::string::npos && !stages.is_stage(source))
          add(source);
      }
    }
  }
  return images;
}

std::optional<Instruction> instruction_of_step(const std::vector<Instruction>& instructions, const BuildArgs& args,
                                               std::string_view step) {
  const Stages stages(instructions, args);
  if (auto from = from_of_metadata(instructions, stages, step)) return from;
  const auto name = parse_step(step);
  if (!name) return std::nullopt;
  const auto text = normal(name->text);
  std::vector<const Instruction*> alike;
  for (const auto& stage : stages.all()) {
    if (!name->stage.empty() && stage.name != name->stage) continue;
    std::size_t number = stage.is_image ? 1 : 0;
    if (stage.is_image && name->number == 1u && text.starts_with("FROM ")) return instructions[stage.first];
    for (auto i = stage.first + 1; i < stage.end; ++i) {
      const auto& one = instructions[i];
      if (is_counted(one)) ++number;
      if (!may_come_from(text, normal(one.text))) continue;
      if (is_counted(one) && number == name->number) return one;
      alike.push_back(&one);
    }
  }
  return alike.size() == 1 ? std::optional(*alike.front()) : std::nullopt;
}

std::vector<std::string> excerpt_of(std::string_view text, std::size_t line, std::size_t last) {
  const auto lines = split(text, '\n');
  std::vector<std::string> out;
  const auto begin = line > shown_around ? line - shown_around : 1;
  const auto end = std::min({last + shown_around, lines.size(), begin + most_shown - 1});
  const auto width = std::to_string(end).size();
  for (auto number = begin; number <= end; ++number) {
    std::string_view content = lines[number - 1];
    if (content.ends_with('\r')) content.remove_suffix(1);
    if (number > last && number == lines.size() && content.empty()) continue;
    out.push_back(
        fmt::format("{} {:>{}} | {}", number >= line && number <= last ? ">>" : "  ", number, width, content));
  }
  return out;
}

}  // namespace saasctl::build
