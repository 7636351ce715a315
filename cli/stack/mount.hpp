// Storage inside a container. Source: Compose specification, 05-services.md, "volumes".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stack/vocabulary.hpp"

namespace saasctl::stack {

struct BindOptions : Located {
  std::optional<std::string> propagation;
  std::optional<bool> create_host_path;  // default: true
  std::optional<std::string> recursive;  // enabled, disabled, writable, readonly
  std::optional<std::string> selinux;    // z, Z
};

struct VolumeOptions : Located {
  Pairs labels;
  std::optional<bool> nocopy;
  std::optional<std::string> subpath;
};

struct TmpfsOptions : Located {
  std::optional<Bytes> size;
  std::optional<std::string> mode;  // octal
};

struct ImageOptions : Located {
  std::optional<std::string> subpath;
};

struct Mount : Located {
  std::string type;  // volume, bind, tmpfs, image
  std::optional<std::string> source;
  std::string target;
  std::optional<bool> read_only;
  std::optional<std::string> consistency;
  std::optional<BindOptions> bind;
  std::optional<VolumeOptions> volume;
  std::optional<TmpfsOptions> tmpfs;
  std::optional<ImageOptions> image;
};

// "[source:]target[:options]" or a map. A source that begins with . / ~ or with a drive is a path, else a volume.
Codec<Mount> mount_form();

}  // namespace saasctl::stack
