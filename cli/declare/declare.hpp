// Declarations: how each key of a stack file is written. One declaration makes the reader, the writer (of Compose files
// and of the recorded model), the JSON Schema and the reference page, so they cannot drift apart.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "declare/values.hpp"
#include "yaml/diagnostics.hpp"
#include "yaml/interpolate.hpp"
#include "yaml/node.hpp"

namespace saasctl::declare {

using Json = nlohmann::ordered_json;

// resolve: variables are replaced. verbatim: values keep their ${…} (numbers mean what they mean with no variable set),
// so that a rendered file still obeys the variables of whoever runs it.
enum class Mode { resolve, verbatim };

// source: durations and sizes as the user wrote them. canonical: one spelling for one meaning, for comparing.
enum class Style { source, canonical };

// What a reader needs besides the node. Not thread-safe.
class Reader {
 public:
  Reader(Diagnostics& diagnostics, Environment environment, Mode mode)
      : diagnostics_(diagnostics), environment_(std::move(environment)), mode_(mode) {}

  Diagnostics& diagnostics() { return diagnostics_; }
  Mode mode() const { return mode_; }
  const std::vector<std::pair<VariableUse, Position>>& variables() const { return variables_; }
  const std::vector<std::pair<std::string, Position>>& unset() const { return unset_; }

  struct Scalar {
    std::string kept;   // what the model keeps: the raw text in verbatim mode, else the value
    std::string value;  // with variables replaced
    bool is_known;      // false when in verbatim mode the value hangs on a variable that has no default
  };
  // The interpolated text of a scalar (null counts as ""). Errors go to the diagnostics; the absent case: they did.
  std::optional<Scalar> scalar(const Node& node);

  void error(const Node& node, std::string message, std::string hint = {}) {
    diagnostics_.add(node.at, node.width(), std::move(message), std::move(hint));
  }
  // "expected X, not Y".
  void wrong_type(const Node& node, std::string_view expected);

 private:
  Diagnostics& diagnostics_;
  Environment environment_;
  Mode mode_;
  std::vector<std::pair<VariableUse, Position>> variables_;
  std::vector<std::pair<std::string, Position>> unset_;
};

enum class Origin { compose, ours };

// full: does what Compose does with it. partly: all but some values, which are refused. no_effect: read, checked and
// written, but nothing on one engine follows from it. refused: an error at its line.
enum class Support { full, partly, no_effect, refused };

struct RecordInfo;

// A part of the JSON Schema, made when it is asked for, which most runs never do; copies share what makes it.
class Schema {
 public:
  Schema() = default;
  template <std::invocable Make>
  Schema(Make make) : Schema(std::function<Json()>(std::move(make))) {}
  Schema(std::function<Json()> make);

  // Null when nothing makes it.
  Json operator()() const;

 private:
  std::shared_ptr<const std::function<Json()>> make_;
};

// The parts that collections have in common.
Schema list_schema(Schema item);
Schema map_schema(Schema item);
Schema reference_schema(const std::string& record);
Schema either_schema(Schema one, Schema other);
Schema scalar_schema();   // a string or a number
Schema nothing_schema();  // null

// A text that is there as long as the program is.
struct Literal : std::string_view {
  constexpr Literal() = default;
  consteval Literal(const char* text) : std::string_view(text) {}
};

// What the schema and the reference pages say of a key.
struct KeyInfo {
  std::string name;
  Literal doc;
  std::string type_name;  // its form: "duration", "list of string"
  Schema schema;
  Origin origin = Origin::compose;
  bool required = false;
  Literal example = {};
  const RecordInfo* record = nullptr;  // of the map, or of each map in the list, that the key holds
  Support support = Support::full;
  Literal why = {};   // of a support that is not full
  Literal also = {};  // another spelling of a key of ours, one that Compose passes over (x-…); may be empty
};

struct RecordInfo {
  std::string name;
  Literal doc;
  std::vector<KeyInfo> keys;
  std::vector<KeyInfo> refused = {};  // keys of Compose that are refused by name: only name, support and why
};

// How a T is written.
template <typename T>
struct Codec {
  using Value = T;
  // Absent: the error went to the diagnostics, or the value counts as not written.
  std::function<std::optional<T>(const Node&, Reader&)> read;
  std::function<Json(const T&, Style)> write;
  Schema schema;
  std::string type_name;
  std::vector<const RecordInfo*> records = {};  // that the schema refers to, nested ones included
};

// ---- scalars
Codec<std::string> text();             // a string; unquoted numbers and booleans are refused
Codec<std::string> any_text();         // any scalar, as its text
Codec<std::string> text_or_nothing();  // the same, and nothing counts as not written
Codec<Word> word();                    // a string that remembers its place
Codec<bool> boolean();
Codec<Integer> integer(std::int64_t least, std::int64_t most);
Codec<Decimal> decimal(double least, double most);
Codec<Duration> duration();
Codec<Bytes> bytes();
Codec<std::string> file_mode();  // permission bits, kept as octal digits with a leading 0
Codec<std::string> one_of(std::vector<std::string> names);
template <typename T>
Codec<T> or_empty(Codec<T> form);           // nothing at all stands for a T with every key missing
Codec<std::vector<std::string>> command();  // a list, or a line split as a shell splits it
Codec<std::string> checked_text(std::string type_name, std::string regex, std::function<bool(std::string_view)> valid);

// ---- collections
template <typename T>
Codec<std::vector<T>> list_of(Codec<T> item);
template <typename T>
Codec<std::vector<T>> list_or_one(Codec<T> item);  // a single value stands for a list of one
template <typename T>
Codec<Map<T>> map_of(Codec<T> item);
Codec<Map<std::optional<std::string>>> pairs(char separator = '=');  // {K: V} or [K=V]; absent: the key alone
Codec<Json> anything();                                              // any YAML, as JSON

// Reports a key that the record does not declare, with the nearest one that it does.
void unknown_key(const Entry& entry, const RecordInfo& info, Reader& reader);

// Small uses of the JSON library, compiled once instead of in every file with declarations.
Json empty_list();
Json empty_map();
void add_item(Json& list, Json value);
void set_member(Json& map, const std::string& name, Json value);
// Adds a member to a map that has none of this name, without the library's look at all members before it.
void append_member(Json& map, std::string name, Json value);

void append_records(std::vector<const RecordInfo*>& to, const std::vector<const RecordInfo*>& from);

// The keys of one kind of map, bound to the members of T.
template <typename T>
class Record {
 public:
  Record(std::string name, Literal doc) { info_.name = std::move(name), info_.doc = doc; }

  // A key that may be missing.
  template <typename V>
  Record& key(std::string name, std::optional<V> T::*member, Codec<V> form, Literal doc,
              Origin origin = Origin::compose) {
    declare(name, form, doc, origin, false);
    bindings_.push_back(std::make_shared<Member<V, std::optional<V>>>(std::move(name), member, std::move(form)));
    return *this;
  }

  // A list or map (missing and empty are one), or with `required` a key that must be there.
  template <typename V>
  Record& key(std::string name, V T::*member, Codec<V> form, Literal doc, Origin origin = Origin::compose,
              bool required = false) {
    declare(name, form, doc, origin, required);
    bindings_.push_back(std::make_shared<Member<V, V>>(std::move(name), member, std::move(form)));
    return *this;
  }

  Record& example(Literal text) {
    info_.keys.back().example = text;
    return *this;
  }

  // A spelling of the key just declared for Compose files that `render` writes: other readers pass over it.
  Record& also(Literal name) {
    info_.keys.back().also = name;
    return *this;
  }

  // The key just declared holds maps with keys of another record, which the support table lists already.
  Record& listed_elsewhere() {
    info_.keys.back().record = nullptr;
    return *this;
  }

  // A record of another name that has only those keys, refused ones included, that `wanted` picks.
  Record picked(std::string name, Literal doc, const std::function<bool(std::string_view)>& wanted) const {
    Record out(std::move(name), doc);
    for (std::size_t i = 0; i < info_.keys.size(); ++i) {
      if (!wanted(info_.keys[i].name)) continue;
      out.info_.keys.push_back(info_.keys[i]);
      out.bindings_.push_back(bindings_[i]);
    }
    for (const auto& key : info_.refused) {
      if (wanted(key.name)) out.info_.refused.push_back(key);
    }
    out.records_ = records_;
    return out;
  }

  // The key just declared has no effect on one engine, and why.
  Record& no_effect(Literal why) { return support(Support::no_effect, why); }

  // Some values of the key just declared are refused, and why.
  Record& partly(Literal why) { return support(Support::partly, why); }

  // A key that files are put together by, so that it is gone when the record is read; elsewhere it is an error.
  // `below`: what its long form has; it must outlive the record.
  Record& merge_time_key(const std::string& name, std::string type_name, Schema schema, Literal doc,
                         const RecordInfo& below) {
    info_.keys.push_back({name, doc, std::move(type_name), std::move(schema)});
    info_.keys.back().record = &below;
    bindings_.push_back(std::make_shared<Misplaced>(name));
    return *this;
  }

  // A key of Compose that is refused with its name, never dropped.
  Record& refused(std::string name, Literal why) {
    KeyInfo info;
    info.name = std::move(name);
    info.support = Support::refused;
    info.why = why;
    info_.refused.push_back(std::move(info));
    return *this;
  }

  // The same for several with one reason.
  Record& unsupported(const std::vector<std::string>& names, Literal why) {
    for (const auto& name : names) refused(name, why);
    return *this;
  }

  std::optional<T> read(const Node& node, Reader& reader) const {
    if (node.kind != Kind::map) {
      reader.wrong_type(node, "a map with the keys of " + info_.name);
      return std::nullopt;
    }
    T record{};
    if constexpr (std::derived_from<T, Located>) record.at = node.at;
    for (const auto& entry : node.entries) read_entry(entry, record, reader);
    for (const auto& info : info_.keys) {
      if (info.required && !node.find(info.name)) {
        reader.diagnostics().add(node.at, 1, "missing key '" + info.name + "' in " + info_.name, std::string(info.doc));
      }
    }
    return record;
  }

  Json write(const T& record, Style style) const {
    Json out = empty_map();
    for (const auto& binding : bindings_) binding->write(record, style, out);
    return out;
  }

  const RecordInfo& info() const { return info_; }

  Codec<T> form() const {
    Codec<T> form;
    form.read = [this](const Node& node, Reader& reader) { return read(node, reader); };
    form.write = [this](const T& record, Style style) { return write(record, style); };
    form.schema = reference_schema(info_.name);
    form.type_name = info_.name;
    form.records = {&info_};
    append_records(form.records, records_);
    return form;
  }

 private:
  Record& support(Support support, Literal why) {
    info_.keys.back().support = support;
    info_.keys.back().why = why;
    return *this;
  }

  // A boolean has no room for the variable it hangs on.
  template <typename V>
  static constexpr bool keeps_text = std::same_as<V, bool>&& std::derived_from<T, Located>;

  // What a key does with its member. Virtual functions, not pairs of std::function: one class for each type of member
  // compiles faster than the handlers of four lambdas.
  struct Binding {
    virtual ~Binding() = default;
    virtual void read(const Node& node, Reader& reader, T& record) const = 0;
    virtual void write(const T& record, Style style, Json& out) const = 0;
  };

  // `Held` is V, or an optional V.
  template <typename V, typename Held>
  struct Member final : Binding {
    Member(std::string key, Held T::*place, Codec<V> how)
        : name(std::move(key)), member(place), form_read(std::move(how.read)), form_write(std::move(how.write)) {}

    void read(const Node& node, Reader& reader, T& record) const override {
      if (auto value = form_read(node, reader)) record.*member = std::move(*value);
      if constexpr (keeps_text<V>) {
        if (reader.mode() == Mode::verbatim && has_variable(node.text)) record.texts.emplace_back(name, node.text);
      }
    }

    void write(const T& record, Style style, Json& out) const override {
      if (const V* value = written(record.*member)) set_member(out, name, form_write(*value, style));
      if constexpr (keeps_text<V>) {
        if (const auto* text = record.text_of(name)) set_member(out, name, *text);
      }
    }

    static const V* written(const Held& held) {
      if constexpr (std::same_as<Held, std::optional<V>>) {
        return held ? &*held : nullptr;
      } else if constexpr (requires { held.empty(); }) {
        return held.empty() ? nullptr : &held;
      } else {
        return &held;
      }
    }

    std::string name;
    Held T::*member;
    std::function<std::optional<V>(const Node&, Reader&)> form_read;
    std::function<Json(const V&, Style)> form_write;
  };

  struct Misplaced final : Binding {
    explicit Misplaced(std::string key) : name(std::move(key)) {}
    void read(const Node& node, Reader& reader, T&) const override {
      reader.error(node, "'" + name + "' has no meaning here", "remove it");
    }
    void write(const T&, Style, Json&) const override {}

    std::string name;
  };

  template <typename V>
  void declare(const std::string& name, const Codec<V>& form, Literal doc, Origin origin, bool required) {
    info_.keys.push_back({name, doc, form.type_name, form.schema, origin, required});
    if (!form.records.empty()) info_.keys.back().record = form.records.front();
    append_records(records_, form.records);
  }

  void read_entry(const Entry& entry, T& record, Reader& reader) const {
    for (std::size_t i = 0; i < info_.keys.size(); ++i) {
      const auto& key = info_.keys[i];
      if (key.name != entry.key && (key.also.empty() || key.also != entry.key)) continue;
      if constexpr (std::derived_from<T, Located>) record.keys.emplace_back(key.name, entry.at);
      bindings_[i]->read(*entry.value, reader, record);
      return;
    }
    if (!entry.key.starts_with("x-")) unknown_key(entry, info_, reader);
  }

  RecordInfo info_;
  std::vector<std::shared_ptr<const Binding>> bindings_;  // in the order of info_.keys
  std::vector<const RecordInfo*> records_;
};

// ---- either a short scalar form or a map
// `shorten` gives the short form back when the value has one, so that what is written stays short.
template <typename T>
Codec<T> short_or_long(std::string type_name, std::function<std::optional<T>(const Node&, Reader&)> read_short,
                       Codec<T> full, std::function<std::optional<Json>(const T&, Style)> shorten = {}) {
  Codec<T> form;
  form.read = [read_short, read_long = full.read, type_name](const Node& node, Reader& reader) -> std::optional<T> {
    if (node.kind == Kind::scalar) return read_short(node, reader);
    if (node.kind == Kind::map) return read_long(node, reader);
    reader.wrong_type(node, type_name + " or a map");
    return std::nullopt;
  };
  form.write = [write = full.write, shorten](const T& value, Style style) {
    if (shorten) {
      if (auto brief = shorten(value, style)) return *brief;
    }
    return write(value, style);
  };
  form.schema = either_schema(scalar_schema(), full.schema);
  form.type_name = type_name + " or " + full.type_name;
  form.records = full.records;
  return form;
}

template <typename T>
Codec<T> or_empty(Codec<T> form) {
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<T> {
    if (node.kind != Kind::null) return read(node, reader);
    T value{};
    if constexpr (std::derived_from<T, Located>) value.at = node.at;
    return value;
  };
  form.schema = either_schema(form.schema, nothing_schema());
  return form;
}

// ---- definitions of the collection templates
template <typename T>
Codec<std::vector<T>> list_of(Codec<T> item) {
  Codec<std::vector<T>> form;
  form.read = [read = item.read](const Node& node, Reader& reader) -> std::optional<std::vector<T>> {
    if (node.kind != Kind::list) {
      reader.wrong_type(node, "a list");
      return std::nullopt;
    }
    std::vector<T> values;
    for (const auto& child : node.items) {
      if (auto value = read(*child, reader)) values.push_back(std::move(*value));
    }
    return values;
  };
  form.write = [write = item.write](const std::vector<T>& values, Style style) {
    Json out = empty_list();
    for (const auto& value : values) add_item(out, write(value, style));
    return out;
  };
  form.schema = list_schema(item.schema);
  form.type_name = "list of " + item.type_name;
  form.records = item.records;
  return form;
}

template <typename T>
Codec<std::vector<T>> list_or_one(Codec<T> item) {
  auto form = list_of(item);
  form.read = [one = item.read, many = form.read](const Node& node, Reader& reader) -> std::optional<std::vector<T>> {
    if (node.kind == Kind::list) return many(node, reader);
    auto value = one(node, reader);
    if (!value) return std::nullopt;
    std::vector<T> values;
    values.push_back(std::move(*value));
    return values;
  };
  form.schema = either_schema(form.schema, item.schema);
  form.type_name = item.type_name + " or " + form.type_name;
  return form;
}

template <typename T>
Codec<Map<T>> map_of(Codec<T> item) {
  Codec<Map<T>> form;
  form.read = [read = item.read](const Node& node, Reader& reader) -> std::optional<Map<T>> {
    if (node.kind != Kind::map) {
      reader.wrong_type(node, "a map");
      return std::nullopt;
    }
    Map<T> values;
    for (const auto& entry : node.entries) {
      if (auto value = read(*entry.value, reader)) values.entries.push_back({entry.key, entry.at, std::move(*value)});
    }
    return values;
  };
  form.write = [write = item.write](const Map<T>& values, Style style) {
    Json out = empty_map();
    for (const auto& entry : values) append_member(out, entry.name, write(entry.value, style));
    return out;
  };
  form.schema = map_schema(item.schema);
  form.type_name = "map of " + item.type_name;
  form.records = item.records;
  return form;
}

// ---- what follows from all declarations
// The JSON Schema of a file whose root is `root`. Source: JSON Schema draft 2020-12.
Json make_schema(const RecordInfo& root, const std::vector<const RecordInfo*>& records);

// The reference page in Markdown: one table for each record, in the order given.
std::string make_reference(const RecordInfo& root, const std::vector<const RecordInfo*>& records);

}  // namespace saasctl::declare
