// One service of a stack file, as the user wrote it.
// Source: Compose specification, "Services top-level elements" (05-services.md) and "Deploy" (deploy.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "declare/values.hpp"
#include "stack/build.hpp"
#include "stack/deploy.hpp"
#include "stack/device.hpp"
#include "stack/hook.hpp"
#include "stack/mount.hpp"
#include "stack/network.hpp"
#include "stack/vocabulary.hpp"

namespace saasctl::stack {

// host_ip and published keep variables in verbatim mode; target is a number from 1 to 65535.
struct Port : Located {
  std::optional<std::string> host_ip;
  Word published;  // empty: the engine picks one
  Word target;
  std::string protocol = "tcp";
  std::optional<std::string> mode;          // host, ingress
  std::optional<std::string> name;          // for the reader
  std::optional<std::string> app_protocol;  // for the reader
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

struct Logging : Located {
  std::optional<std::string> driver;
  Pairs options;
};

// Our own probe: when a service counts as ready, asked from outside (http, tcp, log) or inside (exec).
struct Ready : Located {
  std::optional<std::string> http;  // URL path with port: ":3001/health/ready"
  std::optional<Integer> tcp;       // container port
  std::vector<std::string> exec;
  std::optional<std::string> log;  // regular expression (RE2)
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
  std::optional<std::string> domainname;
  std::optional<std::string> platform;
  std::optional<std::string> pull_policy;
  std::optional<std::string> pull_refresh_after;
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
  std::vector<std::string> volumes_from;  // "service[:ro]" or "container:name[:ro]"
  Map<NetworkUse> networks;
  std::optional<std::string> network_mode;
  std::optional<std::string> mac_address;
  std::vector<std::string> links;           // "service[:alias]"
  std::vector<std::string> external_links;  // "container[:alias]"
  Map<Dependency> depends_on;
  std::optional<Ready> ready;
  std::optional<Healthcheck> healthcheck;
  std::vector<Grant> secrets;
  std::vector<Grant> configs;
  std::optional<Deploy> deploy;
  std::optional<Integer> scale;  // the same as deploy.replicas
  std::vector<std::string> profiles;
  std::vector<Service> pre_start;  // containers that run before it starts: see pre_start_record()
  std::vector<Hook> post_start;
  std::vector<Hook> pre_stop;
  std::optional<Develop> develop;
  std::optional<Bytes> mem_limit;
  std::optional<Decimal> cpus;
  std::optional<Integer> pids_limit;
  std::optional<Bytes> mem_reservation;
  std::optional<std::string> memswap_limit;  // a size or -1
  std::optional<Integer> mem_swappiness;
  std::optional<Integer> cpu_count;
  std::optional<Decimal> cpu_percent;
  std::optional<Integer> cpu_shares;
  std::optional<std::string> cpu_period;  // microseconds, or a duration
  std::optional<std::string> cpu_quota;
  std::optional<std::string> cpu_rt_period;
  std::optional<std::string> cpu_rt_runtime;
  std::optional<std::string> cpuset;
  std::optional<Blkio> blkio_config;
  std::vector<Device> devices;
  std::vector<std::string> device_cgroup_rules;
  std::vector<DeviceRequest> gpus;
  std::optional<bool> oom_kill_disable;
  std::optional<Integer> oom_score_adj;
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
  Pairs storage_opt;
  std::optional<std::string> runtime;
  std::optional<std::string> isolation;
  std::optional<std::string> cgroup;
  std::optional<std::string> cgroup_parent;
  std::optional<std::string> ipc;
  std::optional<std::string> pid;
  std::optional<std::string> uts;
  std::optional<std::string> userns_mode;
  std::vector<std::string> dns;
  std::vector<std::string> dns_search;
  std::vector<std::string> dns_opt;
  std::vector<std::string> extra_hosts;
  Pairs labels;
  std::vector<EnvFile> label_file;
  Pairs annotations;
  std::optional<Logging> logging;
  std::optional<bool> tty;
  std::optional<bool> stdin_open;
  std::optional<bool> attach;
  std::optional<bool> per_replica;  // of a container in pre_start alone
};

// The declaration of a service's keys.
const Record<Service>& service_record();

// Those of a container in a service's pre_start: the service's own but for what orchestrates it (ports, build,
// depends_on, deploy, …). Source: compose-go v2.16, types/types.go (ContainerSpec) and types/hooks.go (PreStartHook).
const Record<Service>& pre_start_record();

}  // namespace saasctl::stack
