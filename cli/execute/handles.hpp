// What the containers of a plan are called at the engine while it is carried out.
#pragma once

#include <map>
#include <mutex>
#include <string>

namespace saasctl::execute {

// A plan names containers as they are called at its beginning or when it creates them; a renaming changes nothing of
// that, because calls go by id. Safe to use from several threads.
class Handles {
 public:
  explicit Handles(std::map<std::string, std::string> ids) : ids_(std::move(ids)) {}

  void made(const std::string& name, const std::string& id) {
    const std::scoped_lock lock(mutex_);
    ids_[name] = id;
  }

  // The id; the name itself for a container that nobody has told of.
  std::string operator[](const std::string& name) const {
    const std::scoped_lock lock(mutex_);
    const auto found = ids_.find(name);
    return found == ids_.end() ? name : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> ids_;
};

}  // namespace saasctl::execute
