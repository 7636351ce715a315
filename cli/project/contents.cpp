#include "project/contents.hpp"

#include <fmt/format.h>

#include <set>

#include "project/service.hpp"
#include "stack/assemble.hpp"

namespace saasctl::project {
namespace {

class ContentCheck {
 public:
  ContentCheck(const Project& project, const yaml::Environment& environment)
      : project_(project), environment_(environment) {}

  Result<void> check(const std::vector<Grant>& grants) {
    for (const auto& grant : grants) {
      if (grant.is_config && !grant.copied) continue;
      if (!known_.emplace(grant.is_config, grant.key).second) continue;
      const auto* content = project_.find_content(grant);
      if (!content) continue;
      const auto bytes = read_content(*content, environment_);
      if (bytes) continue;
      const auto& error = bytes.error();
      const auto* kind = grant.is_config ? "config" : "secret";
      const bool missing = error.kind == ErrorKind::not_found;
      if (missing && content->file && !grant.is_config) {
        missing_.insert(*content->file);
      } else {
        // What is missing is named in the message.
        return failure(ErrorKind::failed,
                       missing ? fmt::format("{} {}", kind, error.message)
                               : fmt::format("{} '{}': {}", kind, grant.key, error.message),
                       error.hint);
      }
    }
    return {};
  }

  Result<void> finish() const {
    if (missing_.empty()) return {};
    std::string all;
    for (const auto& file : missing_) all += (all.empty() ? "" : ", ") + stack::shown_path(file).string();
    return failure(
        ErrorKind::failed,
        fmt::format("{} secret file{} missing: {}", missing_.size(), missing_.size() == 1 ? " is" : "s are", all),
        "run saasctl secrets init");
  }

 private:
  const Project& project_;
  const yaml::Environment& environment_;
  std::set<std::pair<bool, std::string>> known_;
  std::set<std::filesystem::path> missing_;
};

}  // namespace

Result<void> check_contents(const Project& project, const std::vector<std::string>& services,
                            const yaml::Environment& environment) {
  const std::set<std::string_view> names(services.begin(), services.end());
  ContentCheck check(project, environment);
  for (const auto& service : project.services) {
    if (!names.contains(service.name)) continue;
    for (const auto* one : with_steps(service)) {
      for (const auto* grants : {&one->secrets, &one->configs}) {
        if (auto readable = check.check(*grants); !readable) return readable;
      }
    }
  }
  return check.finish();
}

}  // namespace saasctl::project
