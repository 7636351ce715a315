// Devices of the host, and how fast a container may use its disks.
// Source: Compose specification, 05-services.md, "devices" and "blkio_config".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stack/vocabulary.hpp"

namespace saasctl::stack {

struct Device : Located {
  std::string source;  // path on the host, or a name of the Container Device Interface
  std::optional<std::string> target;
  std::optional<std::string> permissions;  // letters of rwm

  // "vendor.com/class=name". Source: Container Device Interface specification, "Kind" and names.
  bool by_name() const { return source.find('=') != std::string::npos && !source.starts_with('/'); }
};

// "source[:target[:permissions]]", a name of the Container Device Interface, or a map.
Codec<Device> device_form();

struct DeviceRate : Located {
  std::optional<std::string> path;
  std::optional<Bytes> rate;  // bytes or operations a second
};

struct DeviceWeight : Located {
  std::optional<std::string> path;
  std::optional<Integer> weight;
};

struct Blkio : Located {
  std::optional<Integer> weight;
  std::vector<DeviceWeight> weight_device;
  std::vector<DeviceRate> device_read_bps;
  std::vector<DeviceRate> device_read_iops;
  std::vector<DeviceRate> device_write_bps;
  std::vector<DeviceRate> device_write_iops;
};

Codec<Blkio> blkio_form();

}  // namespace saasctl::stack
