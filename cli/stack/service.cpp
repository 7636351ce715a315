#include "stack/service.hpp"

#include <algorithm>
#include <array>

#include "stack/image_reference.hpp"
#include "stack/shapes.hpp"

namespace saasctl::stack {
namespace {

const RecordInfo& extends_info() {
  static const RecordInfo info{"extends",
                               "A service whose keys are taken over.",
                               {{"service", "Its name.", "string", {}},
                                {"file", "The file that contains it; default: this one.", "string", {}}}};
  return info;
}

Json extends_schema() {
  return {{"oneOf",
           {{{"type", "string"}},
            {{"type", "object"},
             {"properties", {{"service", {{"type", "string"}}}, {"file", {{"type", "string"}}}}},
             {"required", {"service"}},
             {"additionalProperties", false}}}}};
}

// What no container in pre_start has, because it orchestrates a service, and volumes of ours.
bool is_of_container(std::string_view key) {
  constexpr std::array of_service{"build",   "template",       "with",   "container_name", "ports",      "expose",
                                  "links",   "external_links", "ready",  "depends_on",     "post_start", "healthcheck",
                                  "deploy",  "scale",          "tty",    "profiles",       "pre_stop",   "develop",
                                  "restart", "stdin_open",     "attach", "provider",       "extends"};
  return std::ranges::none_of(of_service, [&](const char* other) { return key == other; });
}

Codec<bool> once_form() {
  auto form = boolean();
  form.read = [read = form.read](const Node& node, Reader& reader) {
    auto value = read(node, reader);
    if (value.value_or(false)) {
      reader.error(node, "containers before each single replica are not supported: pre_start runs once for a service",
                   "remove per_replica, or set it to false");
    }
    return value;
  };
  return form;
}

const Record<Service>& own_record() {
  static const auto record =
      Record<Service>("service", "One container of the stack.")
          .key("image", &Service::image, text(),
               "Image reference. With build: pulled when missing, built when the pull fails.")
          .example("image: postgres:15.20")
          .key("build", &Service::build, build_form(), "How to build the image.")
          .key("template", &Service::use_template, word(),
               "Folder of templates/ that the Dockerfile and .dockerignore are made from.", Origin::ours)
          .key("with", &Service::with, pairs(), "Values for the template's holes.", Origin::ours)
          .key("container_name", &Service::container_name, container_name_form(), "Name instead of PROJECT-SERVICE-1.")
          .key("hostname", &Service::hostname, any_text(), "Host name inside the container.")
          .key("domainname", &Service::domainname, any_text(), "Domain of that name; Podman keeps none.")
          .key("platform", &Service::platform, any_text(), "os/architecture, for example linux/amd64.")
          .key("pull_policy", &Service::pull_policy, pull_policy_form(),
               "When to pull the image: always, never, missing, build, daily, weekly, every_DURATION, or refresh, that "
               "is after pull_refresh_after; default: missing, that is when it is not there.")
          .key("pull_refresh_after", &Service::pull_refresh_after, any_text(), "Age at which refresh pulls again.")
          .key("user", &Service::user, any_text(), "User the process runs as, name or uid[:gid].")
          .key("group_add", &Service::group_add, list_of(any_text()), "More groups of that user.")
          .key("working_dir", &Service::working_dir, any_text(), "Folder the process starts in.")
          .key("entrypoint", &Service::entrypoint, command(), "Replaces the image's ENTRYPOINT.")
          .key("command", &Service::command, command(), "Replaces the image's CMD.")
          .key("env_file", &Service::env_file, list_or_one(env_file_form()),
               "Files of KEY=VALUE lines; environment wins over them.")
          .key("environment", &Service::environment, pairs(),
               "Variables of the process; one without a value comes from the caller's environment, or removes the "
               "image's.")
          .key("secrets", &Service::secrets, list_of(grant_form()), "Secrets that appear as files below /run/secrets.")
          .key("configs", &Service::configs, list_of(grant_form()), "Configs that appear as files.")
          .key("ports", &Service::ports, ports_form(), "Ports published on the host.")
          .example("ports: [\"127.0.0.1:8080:80\"]")
          .key("expose", &Service::expose, list_of(expose_form()),
               "Ports that other services reach; a note to the reader, nothing is published.")
          .key("networks", &Service::networks, networks_form(),
               "Networks it joins; default: the network named default.")
          .key("volumes", &Service::volumes, list_of(mount_form()), "Volumes and folders of the host.")
          .key("tmpfs", &Service::tmpfs, list_or_one(any_text()), "Paths kept in memory.")
          .key("network_mode", &Service::network_mode, any_text(),
               "none, host, bridge, service:NAME or container:NAME, instead of networks.")
          .key("mac_address", &Service::mac_address, any_text(), "Hardware address in its first network.")
          .key("links", &Service::links, list_of(any_text()),
               "service[:alias]: more names of other services; they are started before.")
          .key("external_links", &Service::external_links, list_of(any_text()),
               "container[:alias]: names of containers outside of the stack.")
          .key("volumes_from", &Service::volumes_from, list_of(any_text()),
               "service[:ro] or container:NAME[:ro]: all volumes of another container.")
          .key("depends_on", &Service::depends_on, depends_on_form(),
               "Services that must be started, healthy or done before.")
          .key("ready", &Service::ready, ready_form(),
               "Our own probe of readiness; default: the healthcheck's command.", Origin::ours)
          .key("healthcheck", &Service::healthcheck, healthcheck_form(), "The engine's check.")
          .key("deploy", &Service::deploy, deploy_form(), "How many containers, and what each may use.")
          .key("scale", &Service::scale, integer(0, 10'000), "How many containers; short for deploy.replicas.")
          .key("profiles", &Service::profiles, list_of(any_text()),
               "The service is part of the stack only when one of these is active.")
          .key("post_start", &Service::post_start, list_of(hook_form()), "Commands that run after its start.")
          .key("pre_stop", &Service::pre_stop, list_of(hook_form()), "Commands that run before it is stopped.")
          .key("develop", &Service::develop, develop_form(), "What `watch` does when files change.")
          .key("mem_limit", &Service::mem_limit, bytes(), "Memory; short for deploy.resources.limits.memory.")
          .key("cpus", &Service::cpus, decimal(0, most_processors),
               "Processors; short for deploy.resources.limits.cpus.")
          .key("pids_limit", &Service::pids_limit, integer(-1, INT64_MAX),
               "Processes; short for deploy.resources.limits.pids.")
          .key("shm_size", &Service::shm_size, bytes(), "Size of /dev/shm.")
          .key("mem_reservation", &Service::mem_reservation, bytes(),
               "Memory set aside; short for deploy.resources.reservations.memory.")
          .key("memswap_limit", &Service::memswap_limit, swap_form(), "Memory and swap together; -1: no limit.")
          .key("mem_swappiness", &Service::mem_swappiness, integer(0, 100),
               "How readily its memory is swapped out; 0 is a value, which docker compose leaves out.")
          .key("cpu_count", &Service::cpu_count, integer(0, INT64_MAX), "Processors, on Windows.")
          .no_effect("engines on Linux know cpus")
          .key("cpu_percent", &Service::cpu_percent, decimal(0, 100), "Part of the processors, on Windows.")
          .no_effect("engines on Linux know cpus")
          .key("cpu_shares", &Service::cpu_shares, integer(0, INT64_MAX), "Weight beside other containers.")
          .key("cpu_period", &Service::cpu_period, microseconds_form(), "Period of the processor quota.")
          .key("cpu_quota", &Service::cpu_quota, microseconds_form(), "Processor time in each period.")
          .key("cpu_rt_period", &Service::cpu_rt_period, microseconds_form(), "Period of the real-time quota.")
          .key("cpu_rt_runtime", &Service::cpu_rt_runtime, microseconds_form(), "Real time in each period.")
          .key("cpuset", &Service::cpuset, any_text(), "Processors it may run on, such as 0-3 or 0,1.")
          .key("blkio_config", &Service::blkio_config, blkio_form(), "How fast it may use disks.")
          .key("devices", &Service::devices, list_of(device_form()), "Devices of the host.")
          .key("device_cgroup_rules", &Service::device_cgroup_rules, list_of(any_text()),
               "Devices it may use, such as 'c 1:3 mr'.")
          .key("gpus", &Service::gpus, gpus_form(), "Graphics processors: all, or which.")
          .key("oom_kill_disable", &Service::oom_kill_disable, boolean(), "Never kill it for want of memory.")
          .key("oom_score_adj", &Service::oom_score_adj, integer(-1000, 1000),
               "How readily it is killed for want of memory.")
          .key("ulimits", &Service::ulimits, map_of(ulimit_form()), "Limits of the process.")
          .key("restart", &Service::restart, restart_form(), "When the engine starts the container again.")
          .key("init", &Service::init, boolean(), "Run a small init as process 1.")
          .key("stop_signal", &Service::stop_signal, any_text(),
               "Signal that asks the process to end; default: SIGTERM.")
          .key("stop_grace_period", &Service::stop_grace_period, duration(), "Time until it is killed; default: 10s.")
          .key("read_only", &Service::read_only, boolean(), "Mount the container's root without write access.")
          .key("privileged", &Service::privileged, boolean(), "Give the container all of the host's powers.")
          .key("cap_add", &Service::cap_add, list_of(any_text()), "Capabilities to add.")
          .key("cap_drop", &Service::cap_drop, list_of(any_text()), "Capabilities to take away.")
          .key("security_opt", &Service::security_opt, list_of(any_text()), "Security options.")
          .key("sysctls", &Service::sysctls, pairs(), "Kernel parameters of the container.")
          .key("storage_opt", &Service::storage_opt, pairs(), "Options of the storage driver, such as size.")
          .key("runtime", &Service::runtime, any_text(), "Runtime of the engine.")
          .key("isolation", &Service::isolation, any_text(), "How it is isolated; default is the one on Linux.")
          .key("cgroup", &Service::cgroup, one_of({"host", "private"}), "Name space of control groups.")
          .key("cgroup_parent", &Service::cgroup_parent, any_text(), "Control group it is put below.")
          .key("ipc", &Service::ipc, any_text(), "private, shareable, host, service:NAME or container:NAME.")
          .key("pid", &Service::pid, text_or_nothing(), "host, service:NAME or container:NAME.")
          .key("uts", &Service::uts, any_text(), "host: the host's own name.")
          .key("userns_mode", &Service::userns_mode, any_text(), "host: users as on the host.")
          .key("dns", &Service::dns, list_or_one(any_text()), "Name servers.")
          .key("dns_search", &Service::dns_search, list_or_one(any_text()), "Domains that names are looked up in.")
          .key("dns_opt", &Service::dns_opt, list_of(any_text()), "Options of the resolver.")
          .key("extra_hosts", &Service::extra_hosts, extra_hosts_form(), "name:address pairs for /etc/hosts.")
          .key("labels", &Service::labels, pairs(), "Labels of the container.")
          .key("label_file", &Service::label_file, list_or_one(label_file_form()),
               "Files of KEY=VALUE lines; labels wins over them.")
          .key("annotations", &Service::annotations, pairs(), "Annotations of the container (Engine 24 and later).")
          .key("logging", &Service::logging, logging_form(), "Where the output goes.")
          .key("tty", &Service::tty, boolean(), "Give the process a terminal.")
          .key("stdin_open", &Service::stdin_open, boolean(), "Keep its standard input open.")
          .key("attach", &Service::attach, boolean(), "false: `up` does not show its output while it stays.")
          .refused("credential_spec", "credentials of this kind exist on Windows only")
          .refused("models", "language models are run by Docker Desktop; start the model as a service")
          .refused("provider", "plug-ins of docker compose are not run; start what it provides as a service")
          .refused("use_api_socket",
                   "mount /var/run/docker.sock yourself, knowing that it gives all powers over the host")
          .merge_time_key("extends", "service, or map of service and file", extends_schema,
                          "The service, of this file or another, whose keys these are laid over.", extends_info());
  return record;
}

}  // namespace

const Record<Service>& pre_start_record() {
  static const auto record =
      own_record()
          .picked("container",
                  "A container that runs to its end before the service's containers start. What it does not say is as "
                  "in the service; lists and maps are added to the service's. It has the service's volumes besides its "
                  "own.",
                  is_of_container)
          .key("per_replica", &Service::per_replica, once_form(), "false: it runs once, not for each of the replicas.");
  return record;
}

const Record<Service>& service_record() {
  static const auto record = Record<Service>(own_record())
                                 .key("pre_start", &Service::pre_start, list_of(pre_start_record().form()),
                                      "Containers that run one after the other before it starts, while none of its "
                                      "own runs; keys as in the service itself.")
                                 .partly(
                                     "once for the service, before the first of its containers starts; per_replica: "
                                     "true is refused, as by docker compose")
                                 .listed_elsewhere();
  return record;
}

}  // namespace saasctl::stack
