// Which containers a plan means, while it is carried out.
#pragma once

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <string>

#include "util/result.hpp"

namespace saasctl::execute {

// A plan names containers as they are called at its beginning or when it creates them. A name may belong to another
// container by the time of the call, so every call goes by id. Safe to use from several threads.
class ContainerIds {
 public:
  explicit ContainerIds(std::map<std::string, std::string> ids) : ids_(std::move(ids)) {}

  void made(const std::string& name, const std::string& id) {
    const std::scoped_lock lock(mutex_);
    ids_[name] = id;
  }

  // The id; never the name. Error failed: the plan names a container that it neither observed nor creates.
  Result<std::string> id_of(const std::string& name) const {
    const std::scoped_lock lock(mutex_);
    const auto found = ids_.find(name);
    if (found != ids_.end() && !found->second.empty()) return found->second;
    return failure(fmt::format("the plan names the container {}, whose id is not known", name),
                   "this is a fault of saasctl itself; please report it with the command line");
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> ids_;
};

}  // namespace saasctl::execute
