#include "plan/record.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "declare/declare.hpp"
#include "plan/model_diff.hpp"
#include "project/model.hpp"
#include "util/digest.hpp"
#include "util/json_text.hpp"

namespace saasctl::plan {
namespace {

using project::Json;

constexpr auto digest_key = "hmac";
constexpr std::size_t digest_length = 32;  // hex digits
constexpr std::size_t old_content_digest = 8;
constexpr std::size_t shortest_part = 4;  // a shorter value of a variable is part of too many texts by chance

constexpr std::array always_digested{"environment.", "labels.", "annotations.", "logging.options."};
constexpr std::array digested_whole{"command", "entrypoint", "healthcheck.test", "pre_start"};
// Numbers, sizes, times, addresses, and the name of the image, which the engine's lists and events show anyway.
constexpr std::array without_secrets{
    "image",      "container_name",    "ports",         "expose",       "deploy",        "networks",   "network_mode",
    "restart",    "stop_grace_period", "stop_signal",   "shm_size",     "ulimits",       "cpu_shares", "cpus",
    "mem_limit",  "mem_reservation",   "memswap_limit", "pids_limit",   "read_only",     "init",       "tty",
    "stdin_open", "privileged",        "platform",      "healthcheck",  "tmpfs",         "ipam",       "driver",
    "internal",   "attachable",        "enable_ipv6",   "blkio_config", "oom_score_adj", "scale",      "cap_add",
    "cap_drop"};

std::string below(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

Json digest_of(const std::string& salt, const std::string& path, const Json& value) {
  return {{digest_key, hmac_sha256_hex(salt, path + "\n" + project::model_text(value)).substr(0, digest_length)}};
}

bool is_masked(const Json& list) {
  return std::ranges::any_of(list, is_digest);
}

class Masking {
 public:
  Masking(const project::Project& project, const std::string& salt) : salt_(salt) {
    for (const auto& [use, at] : project.document.variables) {
      const auto found = project.environment.find(use.name);
      if (found != project.environment.end() && !found->second.empty()) brought_in_.push_back(found->second);
    }
  }

  Json mask(const std::string& path, const Json& value) const {
    const bool whole = std::ranges::any_of(digested_whole, [&](const char* key) { return path == key; });
    if (whole && !value.empty()) return digest_of(salt_, path, value);
    if (value.is_object()) {
      Json out = Json::object();
      for (const auto& [key, item] : value.items()) declare::append_member(out, key, mask(below(path, key), item));
      return out;
    }
    if (value.is_array()) {
      Json out = Json::array();
      for (const auto& item : value) out.push_back(mask(path + "[]", item));
      return out;
    }
    return value.is_string() && hides(path, value) ? digest_of(salt_, path, value) : value;
  }

 private:
  bool hides(const std::string& path, const Json& value) const {
    if (std::ranges::any_of(always_digested, [&](const char* head) { return path.starts_with(head); })) return true;
    if (may_be_secret(path, value)) return true;
    const auto key = path.substr(0, path.find_first_of(".["));
    if (std::ranges::any_of(without_secrets, [&](const char* name) { return key == name; })) return false;
    const auto& text = value.get_ref<const std::string&>();
    return std::ranges::any_of(brought_in_, [&](const std::string& part) {
      return part == text || (part.size() >= shortest_part && text.find(part) != std::string::npos);
    });
  }

  const std::string& salt_;
  std::vector<std::string> brought_in_;  // values of the variables that the stack file uses
};

class Alignment {
 public:
  explicit Alignment(const std::string& salt) : salt_(salt) {}

  Json align(const std::string& path, const Json& recorded, const Json& now) const {
    if (is_digest(recorded)) return digest_of(salt_, path, now);
    if (recorded.is_object() && now.is_object()) {
      Json out = now;
      for (auto& [key, value] : out.items()) {
        if (recorded.contains(key)) value = align(below(path, key), recorded[key], value);
      }
      return out;
    }
    if (recorded.is_array() && now.is_array()) return align_items(path + "[]", recorded, now);
    // Earlier versions recorded the beginning of a content's digest.
    const bool content = path.ends_with(".digest") && recorded.is_string() && now.is_string();
    if (content &&
        recorded.get_ref<const std::string&>() == now.get_ref<const std::string&>().substr(0, old_content_digest))
      return recorded;
    return now;
  }

 private:
  Json align_items(const std::string& path, const Json& recorded, const Json& now) const {
    const bool digested = is_masked(recorded);
    Json out = Json::array();
    for (std::size_t i = 0; i < now.size(); ++i) {
      if (now[i].is_object()) {
        const auto* partner = partner_of(recorded, now[i], i);
        out.push_back(partner ? align(path, *partner, now[i]) : now[i]);
      } else {
        const bool plain = !digested || std::ranges::find(recorded, now[i]) != recorded.end();
        out.push_back(plain ? now[i] : digest_of(salt_, path, now[i]));
      }
    }
    return out;
  }

  // The recorded item that this one was, known by its target, else by its place.
  static const Json* partner_of(const Json& recorded, const Json& item, std::size_t index) {
    for (const auto& other : recorded) {
      if (other.is_object() && other.contains("target") && other["target"] == item.value("target", Json()))
        return &other;
    }
    return index < recorded.size() && recorded[index].is_object() ? &recorded[index] : nullptr;
  }

  const std::string& salt_;
};

Json reveal(const std::string& salt, const std::string& path, const Json& recorded, const Json& told) {
  if (is_digest(recorded)) return !told.is_null() && digest_of(salt, path, told) == recorded ? told : recorded;
  if (!recorded.is_object() || !told.is_object()) return recorded;
  Json out = recorded;
  for (auto& [key, value] : out.items()) {
    if (told.contains(key)) value = reveal(salt, below(path, key), value, told[key]);
  }
  return out;
}

}  // namespace

bool is_digest(const Json& value) {
  return value.is_object() && value.size() == 1 && value.contains(digest_key) && value[digest_key].is_string();
}

std::string write_record(const project::Project& project, const Json& model, const std::string& salt) {
  return project::model_text({{"salt", salt}, {"model", Masking(project, salt).mask("", model)}});
}

std::optional<Record> read_record(const std::string& label) {
  auto parsed = parse_ordered_json(label);  // a label may come from anybody
  if (!parsed || !parsed->is_object()) return std::nullopt;
  auto& value = *parsed;
  if (!value.contains("salt")) return Record{std::move(value), ""};
  if (!value["salt"].is_string() || !value.contains("model") || !value["model"].is_object()) return std::nullopt;
  auto salt = value["salt"].get<std::string>();
  return Record{std::move(value["model"]), std::move(salt)};
}

bool is_unchanged(const std::string& label, const Json& model) {
  const auto record = read_record(label);
  if (!record) return false;
  if (aligned(*record, model) == record->model) return true;
  // A label is UTF-8, whatever the bytes of the file were.
  return aligned(*record, Json::parse(project::model_text(model))) == record->model;
}

Json aligned(const Record& record, const Json& model) {
  return Alignment(record.salt).align("", record.model, model);
}

Json revealed(const Record& record, const Json& told) {
  return reveal(record.salt, "", record.model, told);
}

std::string salt_for(std::string_view entropy, std::string_view thing) {
  return hmac_sha256_hex(entropy, thing).substr(0, digest_length);
}

}  // namespace saasctl::plan
