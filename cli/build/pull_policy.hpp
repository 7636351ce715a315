// When an image that is there is got again. Source: Compose specification, 05-services.md, "pull_policy".
#pragma once

#include <chrono>
#include <optional>

#include "stack/service.hpp"

namespace saasctl::build {

// The age from which the image is pulled again: 0 for always, a day for daily; nothing when it may be of any age.
std::optional<std::chrono::nanoseconds> longest_age(const stack::Service& service);

// Whether `up` may get the image anew although it is there: pull_policy always, build, or one with a time.
bool may_renew(const stack::Service& service);

}  // namespace saasctl::build
