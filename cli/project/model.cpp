#include "project/model.hpp"

#include "util/digest.hpp"

namespace saasctl::project {
namespace {

Json grants_model(const std::vector<Grant>& grants, const std::map<std::string, std::string>& digests) {
  Json out = Json::array();
  for (const auto& grant : grants) {
    const auto digest = digests.find(grant.key);
    out.push_back({{"source", grant.key},
                   {"target", grant.target},
                   {"uid", grant.uid},
                   {"gid", grant.gid},
                   {"mode", grant.mode},
                   {"digest", digest == digests.end() ? "" : digest->second}});
  }
  return out;
}

}  // namespace

Json container_model(const Service& service, const std::map<std::string, std::string>& content_digests) {
  auto spec = service.spec;
  spec.build.reset();
  spec.use_template.reset();
  spec.with = {};
  spec.ready.reset();
  spec.depends_on = {};
  spec.env_file.clear();
  spec.secrets.clear();
  spec.configs.clear();
  spec.pull_policy.reset();
  spec.image = service.image;
  spec.container_name = service.container_name;
  auto model = stack::service_record().write(spec, stack::Style::canonical);
  if (!service.secrets.empty()) model["secrets"] = grants_model(service.secrets, content_digests);
  if (!service.configs.empty()) model["configs"] = grants_model(service.configs, content_digests);
  return model;
}

std::string model_hash(const Json& model) { return sha256_hex(model.dump(-1, ' ', false, Json::error_handler_t::replace)); }

std::string content_digest(std::string_view key, std::string_view content) {
  std::string text = "saasctl content\n";
  text.append(key).append("\n").append(content);
  return sha256_hex(text).substr(0, 8);
}

}  // namespace saasctl::project
