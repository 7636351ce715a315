#include "stack/device.hpp"

#include <fmt/format.h>

#include "util/text.hpp"

namespace saasctl::stack {
namespace {

Codec<std::string> permissions_form() {
  return checked_text("letters of rwm", "^[rwm]+$", [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("rwm") == std::string_view::npos;
  });
}

std::optional<Device> read_short(const Node& node, Reader& reader) {
  const auto scalar = reader.scalar(node);
  if (!scalar) return std::nullopt;
  Device device;
  device.at = node.at;
  device.source = scalar->kept;
  if (device.by_name() || has_variable(scalar->kept)) return device;
  const auto parts = split(scalar->kept, ':');
  const bool right = parts.size() <= 3 && !parts[0].empty() &&
                     (parts.size() < 3 || parts[2].find_first_not_of("rwm") == std::string::npos);
  if (!right) {
    reader.error(node,
                 fmt::format("'{}' is not a device such as /dev/ttyUSB0, /dev/sda:/dev/xvda:rwm or "
                             "vendor.com/class=name",
                             scalar->value),
                 "write path[:path in the container[:rwm]]");
    return std::nullopt;
  }
  device.source = parts[0];
  if (parts.size() > 1) device.target = parts[1];
  if (parts.size() > 2) device.permissions = parts[2];
  return device;
}

std::optional<Json> shorten(const Device& device, Style style) {
  if (style == Style::canonical) return std::nullopt;
  if (device.permissions && !device.target) return std::nullopt;
  auto text = device.source;
  if (device.target) text += ":" + *device.target;
  if (device.permissions) text += ":" + *device.permissions;
  return Json(text);
}

}  // namespace

Codec<Device> device_form() {
  static const auto record =
      Record<Device>("device", "A device of the host.")
          .key("source", &Device::source, any_text(), "Path on the host, or a name such as vendor.com/class=name.",
               Origin::compose, true)
          .key("target", &Device::target, any_text(), "Path inside the container; default: the same.")
          .key("permissions", &Device::permissions, permissions_form(), "Letters of rwm; default: rwm.");
  return short_or_long<Device>("source[:target[:permissions]]", read_short, record.form(), shorten);
}

Codec<Blkio> blkio_form() {
  static const auto weight = Record<DeviceWeight>("device-weight", "A disk's own share.")
                                 .key("path", &DeviceWeight::path, any_text(), "The disk.")
                                 .key("weight", &DeviceWeight::weight, integer(0, 1000), "Share from 10 to 1000.");
  static const auto rate = Record<DeviceRate>("device-rate", "A disk and the most it is used.")
                               .key("path", &DeviceRate::path, any_text(), "The disk.")
                               .key("rate", &DeviceRate::rate, bytes(), "Bytes or operations a second.");
  static const auto record =
      Record<Blkio>("blkio", "How fast a container may use disks.")
          .key("weight", &Blkio::weight, integer(0, 1000), "Share from 10 to 1000 beside other containers.")
          .key("weight_device", &Blkio::weight_device, list_of(weight.form()), "The same for single disks.")
          .key("device_read_bps", &Blkio::device_read_bps, list_of(rate.form()), "Bytes read a second.")
          .key("device_read_iops", &Blkio::device_read_iops, list_of(rate.form()), "Reads a second.")
          .key("device_write_bps", &Blkio::device_write_bps, list_of(rate.form()), "Bytes written a second.")
          .key("device_write_iops", &Blkio::device_write_iops, list_of(rate.form()), "Writes a second.");
  return record.form();
}

}  // namespace saasctl::stack
