#include "stack/mount.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "stack/image_reference.hpp"
#include "stack/mount_paths.hpp"
#include "util/text.hpp"

namespace saasctl::stack {
namespace {

constexpr std::array propagations{"rprivate", "private", "rshared", "shared", "rslave", "slave"};
constexpr std::array consistencies{"consistent", "cached", "delegated"};

Codec<BindOptions> bind_form() {
  static const auto record =
      Record<BindOptions>("bind-options", "How a path of the host is mounted.")
          .key("propagation", &BindOptions::propagation,
               one_of({"rprivate", "private", "rshared", "shared", "rslave", "slave"}),
               "Whether later mounts below it appear on the other side.")
          .key("create_host_path", &BindOptions::create_host_path, boolean(),
               "Make a folder where the host has nothing; default: true.")
          .key("recursive", &BindOptions::recursive, one_of({"enabled", "disabled", "writable", "readonly"}),
               "What becomes of mounts below it (Engine 25 and later).")
          .key("selinux", &BindOptions::selinux, one_of({"z", "Z"}),
               "Relabel: z shared, Z for this container. Not beside create_host_path: false and recursive: "
               "the engine's API labels no mount of that kind.");
  return record.form();
}

Codec<VolumeOptions> volume_options_form() {
  static const auto record =
      Record<VolumeOptions>("volume-options", "How a volume is mounted.")
          .key("labels", &VolumeOptions::labels, pairs(), "Labels of an anonymous volume.")
          .key("nocopy", &VolumeOptions::nocopy, boolean(), "Do not fill a new volume with the image's files.")
          .key("subpath", &VolumeOptions::subpath, any_text(), "Folder of the volume (Engine 26 and later).");
  return record.form();
}

Codec<TmpfsOptions> tmpfs_options_form() {
  static const auto record =
      Record<TmpfsOptions>("tmpfs-options", "How a file system in memory is mounted.")
          .key("size", &TmpfsOptions::size, bytes(), "The most it holds.")
          .key("mode", &TmpfsOptions::mode, file_mode(), "Permissions of its root, such as 01777.");
  return record.form();
}

Codec<ImageOptions> image_options_form() {
  static const auto record = Record<ImageOptions>("image-options", "How an image is mounted.")
                                 .key("subpath", &ImageOptions::subpath, any_text(), "Folder of the image.");
  return record.form();
}

const Record<Mount>& mount_record() {
  static const auto record =
      Record<Mount>("mount", "Storage inside the container.")
          .key("type", &Mount::type, one_of({"volume", "bind", "tmpfs", "image", "npipe", "cluster"}),
               "Kind of storage; an image needs Engine 28 or later.", Origin::compose, true)
          .partly("npipe exists on Windows, cluster in a swarm only")
          .key("source", &Mount::source, any_text(), "Name of the volume or image, or path on the host.")
          .key("target", &Mount::target, any_text(), "Path inside the container.", Origin::compose, true)
          .key("read_only", &Mount::read_only, boolean(), "Mount without write access.")
          .key("consistency", &Mount::consistency, any_text(), "Wish of old Docker Desktops.")
          .no_effect("engines on Linux are always consistent")
          .key("bind", &Mount::bind, bind_form(), "How a path of the host is mounted.")
          .key("volume", &Mount::volume, volume_options_form(), "How a volume is mounted.")
          .key("tmpfs", &Mount::tmpfs, tmpfs_options_form(), "How a file system in memory is mounted.")
          .key("image", &Mount::image, image_options_form(), "How an image is mounted.");
  return record;
}

bool starts_path(std::string_view source) {
  return !source.empty() &&
         (std::string_view("./~").find(source[0]) != std::string_view::npos || is_windows_path(source));
}

bool is_letter(std::string_view text) {
  return text.size() == 1 && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z'));
}

// Puts the drives of Windows paths back to what follows them.
void join_drives(std::vector<std::string>& parts) {
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const auto& rest = parts[i + 1];
    if (!is_letter(parts[i]) || rest.empty() || (rest[0] != '\\' && rest[0] != '/')) continue;
    const bool target_follows =
        i + 2 < parts.size() && (parts[i + 2].starts_with('/') || (is_letter(parts[i + 2]) && i + 3 < parts.size()));
    if (i == 0 && rest[0] == '/' && !target_follows) continue;
    parts[i] += ":" + rest;
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  }
}

// The sections between colons; with variables, a "${…}" is whole whatever it holds.
std::vector<std::string> sections_of(std::string_view text, bool with_variables = true) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < text.size();) {
    const auto end = with_variables && text[i] == '$' ? variable_end(text, i) : i + 1;
    if (text[i] == ':') {
      parts.emplace_back();
    } else {
      parts.back() += text.substr(i, end - i);
    }
    i = end;
  }
  join_drives(parts);
  return parts;
}

// Whether the option of a short form is known; what it says goes into the mount.
bool take_option(const std::string& option, Mount& mount) {
  const auto among = [&](const auto& names) { return std::ranges::find(names, option) != names.end(); };
  const auto bind = [&]() -> BindOptions& { return mount.bind ? *mount.bind : mount.bind.emplace(); };
  if (option == "rw") return true;
  if (option == "ro") return mount.read_only = true, true;
  if (option == "z" || option == "Z") return bind().selinux = option, true;
  if (among(propagations)) return bind().propagation = option, true;
  if (among(consistencies)) return mount.consistency = option, true;
  if (option == "nocopy" || option == "volume-nocopy")
    return (mount.volume ? *mount.volume : mount.volume.emplace()).nocopy = true, true;
  return false;
}

bool is_absolute_target(std::string_view target) {
  return target.starts_with('/') || is_windows_path(target) || has_variable(target);
}

std::optional<Mount> read_short(const Node& node, Reader& reader) {
  const auto scalar = reader.scalar(node);
  if (!scalar) return std::nullopt;
  const auto parts = sections_of(scalar->kept);
  Mount mount;
  mount.at = node.at;
  mount.type = "volume";
  mount.target = parts.size() == 1 ? parts[0] : parts[1];
  if (parts.size() > 1) {
    mount.source = parts[0];
    if (starts_path(parts[0])) mount.type = "bind";
  }
  const bool options_known = parts.size() < 3 || std::ranges::all_of(split(parts[2], ','), [&](const auto& option) {
                               return take_option(option, mount);
                             });
  if (parts.size() > 3 || parts.back().empty() || parts.front().empty() || !options_known) {
    reader.error(node,
                 fmt::format("'{}' is not a mount such as data:/var/lib/data or ./conf:/etc/conf:ro", scalar->value),
                 "write [source:]target[:options]; the options are ro, rw, z, Z, nocopy and a propagation");
    return std::nullopt;
  }
  if (!is_absolute_target(mount.target)) {
    reader.error(node, fmt::format("the mount's target '{}' is not an absolute path", mount.target), "begin it with /");
    return std::nullopt;
  }
  mount.target = clean_target(std::move(mount.target));
  return mount;
}

// The options of the short form; absent: it cannot say all there is.
std::optional<std::string> short_options(const Mount& mount) {
  std::vector<std::string> options;
  if (mount.read_only.value_or(false)) options.emplace_back("ro");
  if (mount.bind) {
    const auto& bind = *mount.bind;
    const bool label_only = mount.type == "volume" && !bind.propagation;
    if ((mount.type != "bind" && !label_only) || bind.create_host_path || bind.recursive) return std::nullopt;
    if (mount.bind->selinux) options.push_back(*mount.bind->selinux);
    if (mount.bind->propagation) options.push_back(*mount.bind->propagation);
  }
  if (mount.volume) {
    if (mount.type != "volume" || !mount.volume->labels.empty() || mount.volume->subpath) return std::nullopt;
    if (mount.volume->nocopy.value_or(false)) options.emplace_back("nocopy");
  }
  if (mount.consistency) options.push_back(*mount.consistency);
  return join(options, ",");
}

std::optional<Json> shorten(const Mount& mount, Style style) {
  if (style == Style::canonical || mount.type == "tmpfs" || mount.type == "image") return std::nullopt;
  if (mount.type == "bind" && !(mount.source && starts_path(*mount.source))) return std::nullopt;
  const auto options = short_options(mount);
  if (!options || (!options->empty() && !mount.source)) return std::nullopt;
  std::string text = mount.source ? *mount.source + ":" + mount.target : mount.target;
  if (!options->empty()) text += ":" + *options;
  return Json(text);
}

void check_long(const Node& node, const Mount& mount, Reader& reader) {
  const auto at = [&](std::string_view key, std::string message, std::string hint) {
    reader.diagnostics().add(mount.where(key), key.size(), std::move(message), std::move(hint));
  };
  if (mount.type == "npipe") at("type", "a named pipe exists on Windows only", "remove this mount");
  if (mount.type == "cluster") at("type", "a cluster volume exists in a swarm only", "use type: volume");
  if ((mount.type == "bind" || mount.type == "image") && !mount.source) {
    reader.error(
        node, fmt::format("{} mount needs a source", mount.type == "bind" ? "a bind" : "an image"),
        mount.type == "bind" ? "add source: with a path of the host" : "add source: with the name of an image");
  }
  if (mount.type == "image" && mount.source && !(reader.mode() == Mode::verbatim && has_variable(*mount.source))) {
    if (const auto fault = fault_of_reference(*mount.source))
      at("source", invalid_reference(*mount.source, *fault), std::string(reference_hint));
  }
  if (!mount.target.empty() && !is_absolute_target(mount.target))
    at("target", fmt::format("the mount's target '{}' is not an absolute path", mount.target), "begin it with /");
  const auto only_for = [&](std::string_view key, bool given) {
    if (given && mount.type != key && !has_variable(mount.type))
      at(key, fmt::format("options of a {} in a mount of type {}", key, mount.type), fmt::format("remove {}:", key));
  };
  // Compose writes the label z or Z of a volume's short form so.
  const bool label_only = mount.type == "volume" && mount.bind &&
                          std::ranges::all_of(mount.bind->keys, [](const auto& key) { return key.first == "selinux"; });
  only_for("bind", mount.bind.has_value() && !label_only);
  only_for("volume", mount.volume.has_value());
  only_for("tmpfs", mount.tmpfs.has_value());
  only_for("image", mount.image.has_value());
}

}  // namespace

bool is_windows_path(std::string_view path) {
  if (path.starts_with("\\\\")) return true;
  return path.size() > 2 && is_letter(path.substr(0, 1)) && path[1] == ':' && (path[2] == '\\' || path[2] == '/');
}

std::string clean_target(std::string path) {
  if (!path.empty() && !has_variable(path)) path = std::filesystem::path(path).lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::string target_of_mount(std::string_view text, bool settled) {
  auto parts = sections_of(text, !settled);
  return clean_target(std::move(parts.size() == 1 ? parts[0] : parts[1]));
}

Codec<Mount> mount_form() {
  auto full = mount_record().form();
  full.read = [read = full.read](const Node& node, Reader& reader) -> std::optional<Mount> {
    auto mount = read(node, reader);
    if (!mount) return std::nullopt;
    check_long(node, *mount, reader);
    mount->target = clean_target(std::move(mount->target));
    return mount;
  };
  return short_or_long<Mount>("[source:]target[:options]", read_short, std::move(full), shorten);
}

}  // namespace saasctl::stack
