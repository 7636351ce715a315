#include "plan/container_mounts.hpp"

#include <algorithm>

#include "stack/implied.hpp"
#include "util/text.hpp"

namespace saasctl::plan {
namespace {

using project::Json;

class Storage {
 public:
  Storage(const project::Project& project, const project::Service& service) : project_(project), service_(service) {}

  void add(const std::vector<SecretVolume>& secrets, Json& host) {
    for (const auto& mount : service_.spec.volumes) add(mount);
    for (const auto& secret : secrets) {
      mounts_.push_back({{"Type", "volume"},
                         {"Source", secret.name},
                         {"Target", secret.folder},
                         {"ReadOnly", true},
                         {"VolumeOptions", {{"NoCopy", true}}}});
    }
    for (const auto& grant : service_.configs) add(grant);
    for (const auto& path : service_.spec.tmpfs) {
      const auto colon = path.find(':');
      tmpfs_[path.substr(0, colon)] = colon == std::string::npos ? "" : path.substr(colon + 1);
    }
    if (!mounts_.empty()) host["Mounts"] = std::move(mounts_);
    if (!binds_.empty()) host["Binds"] = std::move(binds_);
    if (!tmpfs_.empty()) host["Tmpfs"] = std::move(tmpfs_);
    for (const auto& from : service_.spec.volumes_from) host["VolumesFrom"].push_back(container_of(from));
  }

 private:
  void add(const stack::Mount& mount) {
    if (mount.type == "bind") return add_bind(mount);
    if (mount.type == "tmpfs") return add_tmpfs(mount);
    Json entry = {{"Type", mount.type}, {"Target", mount.target}, {"ReadOnly", mount.read_only.value_or(false)}};
    if (mount.source) entry["Source"] = mount.type == "volume" ? volume_name(*mount.source) : *mount.source;
    Json options = Json::object();
    if (mount.volume) {
      if (mount.volume->nocopy) options["NoCopy"] = *mount.volume->nocopy;
      if (mount.volume->subpath) options["Subpath"] = *mount.volume->subpath;
      for (const auto& label : mount.volume->labels) options["Labels"][label.name] = label.value.value_or("");
    }
    if (mount.image && mount.image->subpath) options["Subpath"] = *mount.image->subpath;
    if (!options.empty()) entry[mount.type == "volume" ? "VolumeOptions" : "ImageOptions"] = std::move(options);
    mounts_.push_back(std::move(entry));
  }

  // As a bind the engine makes a missing folder, which Compose users rely on, and labels for SELinux; what only the
  // longer form can say is said there.
  void add_bind(const stack::Mount& mount) {
    const auto& options = mount.bind;
    const auto source = mount.source.value_or("");
    const bool create = !options || options->create_host_path.value_or(true);
    const bool plain = create && !(options && options->recursive) && source.find(':') == std::string::npos &&
                       mount.target.find(':') == std::string::npos;
    if (plain) {
      std::vector<std::string> words;
      if (mount.read_only.value_or(false)) words.emplace_back("ro");
      if (options && options->selinux) words.push_back(*options->selinux);
      if (options && options->propagation) words.push_back(*options->propagation);
      binds_.push_back(source + ":" + mount.target + (words.empty() ? "" : ":" + join(words, ",")));
      return;
    }
    Json entry = {
        {"Type", "bind"}, {"Source", source}, {"Target", mount.target}, {"ReadOnly", mount.read_only.value_or(false)}};
    Json bind = Json::object();
    if (create) bind["CreateMountpoint"] = true;
    if (options && options->propagation) bind["Propagation"] = *options->propagation;
    const auto recursive = options ? options->recursive.value_or("") : "";
    if (recursive == "disabled") bind["NonRecursive"] = true;
    if (recursive == "writable") bind["ReadOnlyNonRecursive"] = true;
    if (recursive == "readonly") bind["ReadOnlyForceRecursive"] = true;
    if (!bind.empty()) entry["BindOptions"] = std::move(bind);
    mounts_.push_back(std::move(entry));
  }

  void add_tmpfs(const stack::Mount& mount) {
    std::vector<std::string> options;
    if (mount.read_only.value_or(false)) options.emplace_back("ro");
    if (mount.tmpfs && mount.tmpfs->size) options.push_back("size=" + std::to_string(mount.tmpfs->size->value));
    if (mount.tmpfs && mount.tmpfs->mode) {
      const auto& mode = *mount.tmpfs->mode;
      options.push_back("mode=" + mode.substr(mode.starts_with("0o") ? 2 : 0));
    }
    tmpfs_[mount.target] = join(options, ",");
  }

  // A config that is not copied into the container is its own file on the host.
  void add(const project::Grant& grant) {
    if (grant.copied) return;
    const auto* content = project_.find_content(grant);
    // Not as a bind, for which the engine would make a folder where the file is missing.
    if (content && content->file)
      mounts_.push_back(
          {{"Type", "bind"}, {"Source", content->file->string()}, {"Target", grant.target}, {"ReadOnly", true}});
  }

  std::string volume_name(const std::string& key) const {
    const auto found = std::ranges::find(project_.volumes, key, &project::Volume::key);
    return found == project_.volumes.end() ? key : found->name;
  }

  // "service:ro" as "container:ro".
  std::string container_of(const std::string& from) const {
    if (from.starts_with("container:")) return from.substr(10);
    const auto name = stack::volumes_service(from);
    const auto* service = project_.find(name);
    return (service ? service->container_name : std::string(name)) + from.substr(name.size());
  }

  const project::Project& project_;
  const project::Service& service_;
  Json mounts_ = Json::array();
  Json binds_ = Json::array();
  Json tmpfs_ = Json::object();
};

}  // namespace

void add_mounts(const project::Project& project, const project::Service& service,
                const std::vector<SecretVolume>& secrets, Json& host) {
  Storage(project, service).add(secrets, host);
}

}  // namespace saasctl::plan
