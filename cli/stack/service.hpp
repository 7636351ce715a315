// One service of a stack file, as the user wrote it.
// Source: Compose specification, "Services top-level elements" (05-services.md) and "Deploy" (deploy.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stack/declare.hpp"
#include "stack/deploy.hpp"
#include "stack/hook.hpp"
#include "stack/values.hpp"

namespace saasctl::stack {

struct Build : Located {
  std::optional<std::string> context;
  std::optional<std::string> dockerfile;
  std::optional<std::string> target;
  Pairs args;
  Pairs labels;
  std::vector<std::string> cache_from;
  std::vector<Word> secrets;
  std::vector<std::string> extra_hosts;
  std::optional<std::string> network;
  std::optional<bool> no_cache;
  std::optional<bool> pull;
};

// host_ip and published keep variables in keep mode; target is a number from 1 to 65535.
struct Port : Located {
  std::optional<std::string> host_ip;
  Word published;  // empty: the engine picks one
  Word target;
  std::string protocol = "tcp";
};

struct Mount : Located {
  std::string type;  // volume, bind, tmpfs
  std::optional<std::string> source;
  std::string target;
  std::optional<bool> read_only;
};

struct NetworkUse : Located {
  std::vector<std::string> aliases;
  std::optional<std::string> ipv4_address;
};

struct Dependency : Located {
  std::string condition = "service_started";
  std::optional<bool> restart;
  std::optional<bool> required;
};

struct Healthcheck : Located {
  std::vector<std::string> test;  // first word CMD, CMD-SHELL or NONE
  std::optional<Duration> interval;
  std::optional<Duration> timeout;
  std::optional<Duration> start_period;
  std::optional<Duration> start_interval;
  std::optional<Integer> retries;
  std::optional<bool> disable;
};

// A file of KEY=VALUE lines. Source: 05-services.md, "env_file".
struct EnvFile : Located {
  Word path;
  std::optional<bool> required;       // false: a missing file is none
  std::optional<std::string> format;  // raw: values are taken as they stand
};

// A secret or config given to a service.
struct Grant : Located {
  Word source;
  std::optional<std::string> target;
  std::optional<std::string> uid;
  std::optional<std::string> gid;
  std::optional<std::string> mode;  // octal
};

struct Ulimit : Located {
  Integer soft;
  Integer hard;
};

struct Logging : Located {
  std::optional<std::string> driver;
  Pairs options;
};

// Our own probe: when a service counts as ready, asked from outside (http, tcp) or inside (exec).
struct Ready : Located {
  std::optional<std::string> http;  // URL path with port: ":3001/health/ready"
  std::optional<Integer> tcp;       // container port
  std::vector<std::string> exec;
  std::optional<Duration> every;
  std::optional<Duration> timeout;
};

struct Service : Located {
  std::optional<std::string> image;
  std::optional<Build> build;
  std::optional<Word> use_template;
  Pairs with;
  std::optional<std::string> container_name;
  std::optional<std::string> hostname;
  std::optional<std::string> platform;
  std::optional<std::string> pull_policy;
  std::optional<std::vector<std::string>> entrypoint;
  std::optional<std::vector<std::string>> command;
  std::optional<std::string> user;
  std::vector<std::string> group_add;
  std::optional<std::string> working_dir;
  std::vector<EnvFile> env_file;
  Pairs environment;
  std::vector<Port> ports;
  std::vector<std::string> expose;
  std::vector<Mount> volumes;
  std::vector<std::string> tmpfs;
  Map<NetworkUse> networks;
  Map<Dependency> depends_on;
  std::optional<Ready> ready;
  std::optional<Healthcheck> healthcheck;
  std::vector<Grant> secrets;
  std::vector<Grant> configs;
  std::optional<Deploy> deploy;
  std::optional<Integer> scale;  // the same as deploy.replicas
  std::vector<std::string> profiles;
  std::vector<Hook> post_start;
  std::vector<Hook> pre_stop;
  std::optional<Develop> develop;
  std::optional<Bytes> mem_limit;
  std::optional<Decimal> cpus;
  std::optional<Integer> pids_limit;
  std::optional<Bytes> shm_size;
  Map<Ulimit> ulimits;
  std::optional<std::string> restart;
  std::optional<bool> init;
  std::optional<std::string> stop_signal;
  std::optional<Duration> stop_grace_period;
  std::optional<bool> read_only;
  std::optional<bool> privileged;
  std::vector<std::string> cap_add;
  std::vector<std::string> cap_drop;
  std::vector<std::string> security_opt;
  Pairs sysctls;
  std::vector<std::string> dns;
  std::vector<std::string> extra_hosts;
  Pairs labels;
  std::optional<Logging> logging;
  std::optional<bool> tty;
  std::optional<bool> stdin_open;
};

// The declaration of a service's keys.
const Record<Service>& service_record();

}  // namespace saasctl::stack
