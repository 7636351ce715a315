// The resolved, immutable model of a stack: names, paths, labels, digests and secrets settled in one place. What is
// rendered and what is run both come from it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stack/stack.hpp"
#include "stack/template.hpp"
#include "yaml/dotenv.hpp"

namespace saasctl::project {

using declare::Json;

struct Network {
  std::string key;
  std::string name;  // at the engine
  bool external = false;
  stack::Network spec;
};

struct Volume {
  std::string key;
  std::string name;
  bool external = false;
  stack::Volume spec;
};

// The content of a secret or config and what becomes of it.
struct Content {
  std::string key;
  std::optional<std::filesystem::path> file;  // absolute
  std::optional<std::string> environment;     // name of the caller's variable
  std::optional<std::string> content;         // the content itself
  std::string generate = "random";            // what `secrets init` writes into a missing file
  yaml::Position at;
};

// A secret or config as one service sees it.
struct Grant {
  std::string key;     // of Project::secrets or ::configs
  std::string target;  // absolute path in the container
  std::string uid;     // numeric
  std::string gid;
  unsigned mode = 0400;
  bool is_config = false;
  bool copied = false;  // put into the container's own files, not mounted

  bool operator==(const Grant&) const = default;
};

struct Build {
  std::filesystem::path context;     // absolute; empty when it is remote
  std::string remote;                // URL of a context that the builder fetches; empty: it is a folder
  std::filesystem::path dockerfile;  // relative to the context, or absolute
  std::string dockerfile_inline;     // the Dockerfile itself; empty: it is a file
  std::string target;
  std::map<std::string, std::string> args;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> secrets;  // id in the Dockerfile → key of Project::secrets
  std::map<std::string, std::string> ssh;  // id in the Dockerfile → absolute path; empty: the agent of SSH_AUTH_SOCK
  std::vector<std::string> tags;           // besides the service's image
  std::string platform;                    // empty: the service's
  std::vector<std::string> cache_from;
  std::vector<std::string> extra_hosts;
  std::string network;
  std::int64_t shm_size = 0;  // 0: the builder's own
  declare::Map<stack::Ulimit> ulimits;
  bool no_cache = false;
  bool pull = false;
};

struct Dependency {
  std::string service;
  std::string condition;  // service_started, service_healthy, service_completed_successfully
  bool restart = false;
  bool required = true;
};

// The use that a service makes of a template.
struct TemplateUse {
  std::string name;
  std::filesystem::path folder;  // absolute, of the template
  stack::Template spec;
  std::map<std::string, std::string> values;  // every hole filled
  std::map<std::string, std::string> files;   // file to write, below the service's folder → its Mustache text
};

struct Service {
  std::string name;
  yaml::Position at;
  std::string container_name;
  std::string image;
  bool pull_allowed = false;  // the user named the image, so a registry may have it
  std::optional<Build> build;
  std::optional<TemplateUse> from_template;
  unsigned replicas = 1;  // scale or deploy.replicas; 0: none runs
  std::vector<Dependency> dependencies;
  std::vector<Grant> secrets;
  std::vector<Grant> configs;
  stack::Service spec;  // normalised: env_file merged, paths absolute, networks filled in
  Json model;           // what the container is made from, canonical; two equal models need no new container
  std::string hash;     // of the model, 64 hex digits
  std::vector<Service> pre_start = {};             // containers that run one after the other before it starts
  std::optional<std::size_t> step = std::nullopt;  // of one of those: its place among them; it has the service's name
};

// The service and what runs before it starts: each needs an image and has a container of its own.
inline std::vector<const Service*> with_steps(const Service& service) {
  std::vector<const Service*> all{&service};
  for (const auto& step : service.pre_start) all.push_back(&step);
  return all;
}

struct Project {
  std::string name;
  std::filesystem::path folder;              // absolute; relative paths start here
  std::filesystem::path file;                // absolute, the first of `files`
  std::vector<std::filesystem::path> files;  // absolute, in the order they are merged; "-": standard input
  std::vector<Service> services;             // dependencies before dependants, otherwise as written
  std::vector<Network> networks;
  std::vector<Volume> volumes;
  std::vector<Content> secrets;
  std::vector<Content> configs;
  stack::Document document;                            // verify, render and the variables are read from here
  yaml::Variables environment;                         // what variables are replaced from: the caller's, over .env
  std::map<std::string, std::string> proxies = {};     // of docker's configuration, for containers and builds
  std::map<std::string, std::string> extra_templates;  // entries of `render` made from a template → its Mustache text

  const Service* find(std::string_view service) const;
  const Content* find_secret(std::string_view key) const;
  const Content* find_content(const Grant& grant) const;  // of the secret or config that is granted
};

}  // namespace saasctl::project
