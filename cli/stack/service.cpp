#include "stack/service.hpp"

#include "stack/shapes.hpp"
#include "util/text.hpp"

namespace saasctl::stack {
namespace {

Form<std::string> restart_form() {
  return checked_text("no, always, unless-stopped or on-failure[:times]", "", [](std::string_view value) {
    if (value == "no" || value == "always" || value == "unless-stopped" || value == "on-failure") return true;
    return value.starts_with("on-failure:") && parse_integer(value.substr(11)).has_value();
  });
}

}  // namespace

const Record<Service>& service_record() {
  static const auto record =
      Record<Service>("service", "One container of the stack.")
          .key("image", &Service::image, text(),
               "Image reference. With build: pulled when missing, built when the pull fails.")
          .example("image: postgres:15.20")
          .key("build", &Service::build, build_form(), "How to build the image.")
          .key("template", &Service::use_template, word(),
               "Folder of templates/ that the Dockerfile and .dockerignore are made from.", Origin::ours)
          .key("with", &Service::with, pairs(), "Values for the template's holes.", Origin::ours)
          .key("container_name", &Service::container_name, any_text(), "Name instead of PROJECT-SERVICE-1.")
          .key("hostname", &Service::hostname, any_text(), "Host name inside the container.")
          .key("platform", &Service::platform, any_text(), "os/architecture, for example linux/amd64.")
          .key("pull_policy", &Service::pull_policy, one_of({"always", "never", "missing", "if_not_present", "build"}),
               "When to pull the image; default: missing, that is when it is not there.")
          .key("user", &Service::user, any_text(), "User the process runs as, name or uid[:gid].")
          .key("group_add", &Service::group_add, list_of(any_text()), "More groups of that user.")
          .key("working_dir", &Service::working_dir, any_text(), "Folder the process starts in.")
          .key("entrypoint", &Service::entrypoint, command(), "Replaces the image's ENTRYPOINT.")
          .key("command", &Service::command, command(), "Replaces the image's CMD.")
          .key("env_file", &Service::env_file, list_or_one(env_file_form()),
               "Files of KEY=VALUE lines; environment wins over them.")
          .key("environment", &Service::environment, pairs(),
               "Variables of the process; one without value comes from the caller's environment.")
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
          .key("dns", &Service::dns, list_or_one(any_text()), "Name servers.")
          .key("extra_hosts", &Service::extra_hosts, list_of(any_text()), "name:address pairs for /etc/hosts.")
          .key("labels", &Service::labels, pairs(), "Labels of the container.")
          .key("logging", &Service::logging, logging_form(), "Where the output goes.")
          .key("tty", &Service::tty, boolean(), "Give the process a terminal.")
          .key("stdin_open", &Service::stdin_open, boolean(), "Keep its standard input open.")
          .unsupported({"annotations",
                        "attach",
                        "blkio_config",
                        "cgroup",
                        "cgroup_parent",
                        "cpu_count",
                        "cpu_percent",
                        "cpu_period",
                        "cpu_quota",
                        "cpu_rt_period",
                        "cpu_rt_runtime",
                        "cpu_shares",
                        "cpuset",
                        "credential_spec",
                        "device_cgroup_rules",
                        "devices",
                        "dns_opt",
                        "dns_search",
                        "domainname",
                        "extends",
                        "external_links",
                        "gpus",
                        "ipc",
                        "isolation",
                        "label_file",
                        "links",
                        "mac_address",
                        "mem_reservation",
                        "mem_swappiness",
                        "memswap_limit",
                        "models",
                        "network_mode",
                        "oom_kill_disable",
                        "oom_score_adj",
                        "pid",
                        "provider",
                        "runtime",
                        "storage_opt",
                        "use_api_socket",
                        "userns_mode",
                        "uts",
                        "volumes_from"},
                       "not read");
  return record;
}

}  // namespace saasctl::stack
