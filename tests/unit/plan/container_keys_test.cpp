// Keys of a service as the engine's create objects.
#include <fmt/format.h>

#include "golden.hpp"
#include "plan/container_body.hpp"
#include "plan/plan.hpp"
#include "plan/resource_body.hpp"
#include "project/env_file.hpp"
#include "project_files.hpp"

namespace saasctl::container_keys_test {

using namespace saasctl::plan;
using project::Files;
using project::ProjectFiles;

namespace {

const std::string many_keys = R"(name: shop
services:
  web:
    image: web:1
    annotations: {a: b}
    blkio_config: {weight: 300, weight_device: [{path: /dev/sda, weight: 400}], device_read_bps: [{path: /dev/sda, rate: 12mb}], device_write_iops: [{path: /dev/sda, rate: 30}]}
    cgroup: private
    cgroup_parent: m
    cpu_period: 100ms
    cpu_quota: 50000
    cpu_rt_period: 1ms
    cpu_rt_runtime: 950
    cpu_shares: 73
    cpuset: 0,1
    device_cgroup_rules: ["c 1:3 mr"]
    devices: [/dev/null, "/dev/zero:/dev/nought:r", vendor.com/class=name]
    dns_opt: [use-vc]
    dns_search: example.org
    domainname: example.org
    external_links: [old, "older:o"]
    links: [db, "db:database"]
    gpus: all
    ipc: service:db
    isolation: default
    label_file: labels
    labels: {own: one}
    mac_address: 02:42:ac:11:00:05
    mem_reservation: 16m
    mem_limit: 32m
    mem_swappiness: 60
    memswap_limit: 64m
    oom_kill_disable: true
    oom_score_adj: 500
    pid: host
    runtime: runc
    security_opt: [systempaths=unconfined, "seccomp:profile.json", no-new-privileges]
    storage_opt: {size: 1G}
    userns_mode: host
    uts: host
    volumes_from: ["db:ro", "container:other"]
    ports: ["8000-8010:80"]
    deploy: {restart_policy: {condition: on-failure, max_attempts: 3}, replicas: 2, labels: {x: y}, resources: {reservations: {devices: [{capabilities: [tpu], count: 2, driver: d, options: {o: p}}]}}}
    configs: [plain, {source: plain, target: /etc/mine, uid: "5", mode: 0440}, text, variable]
    networks:
      back: {}
      front: {priority: 5, ipv4_address: 10.5.0.9, ipv6_address: "2001:db8::9", link_local_ips: [169.254.1.1], interface_name: eth7, gw_priority: 3, driver_opts: {a: b}}
    volumes:
      - {type: bind, source: /made, target: /made, bind: {create_host_path: false, propagation: rslave}}
      - {type: bind, source: /srv, target: /srv, read_only: true, bind: {recursive: readonly}}
      - /lib:/lib:ro,z
      - {type: volume, source: data, target: /data, volume: {nocopy: true, subpath: a/b, labels: {l: m}}}
      - {type: tmpfs, target: /mem, tmpfs: {size: 8m, mode: 01777}}
      - {type: image, source: "tools:1", target: /tools, image: {subpath: bin}}
  db:
    image: db:1
    network_mode: none
  side:
    image: side:1
    network_mode: service:web
networks:
  back: {}
  front: {enable_ipv6: true, enable_ipv4: true, internal: true, ipam: {driver: default, config: [{subnet: 10.5.0.0/16, ip_range: 10.5.1.0/24, gateway: 10.5.0.1, aux_addresses: {host: 10.5.0.2}}, {subnet: "2001:db8::/64"}], options: {o: p}}}
volumes: {data: {driver_opts: {type: tmpfs}, labels: {v: w}}}
configs: {plain: {file: plain}, text: {content: "hello\n"}, variable: {environment: VARIABLE}}
)";

std::string without_folder(std::string text, const std::string& folder) {
  for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder))
    text.replace(at, folder.size(), "FOLDER");
  return text;
}

}  // namespace

TEST_CASE("every key of Compose in the engine's create objects") {
  const ProjectFiles files(Files{{"stack.yaml", many_keys},
                                 {"labels", "from=file\nown=other\n"},
                                 {"plain", "p"},
                                 {"profile.json", "{\"a\": []}"}});
  const auto project = files.project({{"VARIABLE", "v"}});
  std::string text;
  for (const auto& service : project.services) {
    auto [body, connect] = container_body(project, service, {}, "salt");
    auto& labels = body["Labels"];
    labels.erase("saasctl.model");
    labels.erase("com.docker.compose.config-hash");
    text += service.name + " " + body.dump(2) + "\n";
    for (const auto& [name, endpoint] : connect) text += "connect " + name + " " + endpoint.dump() + "\n";
    for (const auto& file : copied_files(service, {"sha256:x", "7:8"})) {
      text += fmt::format("copy {} to {} {}:{} {:o}\n", file.key, file.target, file.uid, file.gid, file.mode);
    }
  }
  for (const auto& network : project.networks) {
    auto body = network_body(project, network, "salt");
    body["Labels"].erase("saasctl.model");
    text += body.dump(2) + "\n";
  }
  for (const auto& volume : project.volumes) text += volume_body(project, volume).dump(2) + "\n";
  check_golden("container_keys.txt", without_folder(text, files.folder().string()));
}

TEST_CASE("what surrounds a container does not change its model") {
  const auto hash = [](const std::string& keys) {
    const ProjectFiles files(Files{{"stack.yaml", "name: s\nservices:\n  web:\n    image: x\n" + keys}});
    return files.project().find("web")->hash;
  };
  const auto plain = hash("");
  CHECK(hash("    scale: 2\n") == plain);
  CHECK(hash("    profiles: []\n") == plain);
  CHECK(hash("    attach: false\n") == plain);
  CHECK(hash("    develop: {watch: [{path: ., action: rebuild}]}\n") == plain);
  CHECK(hash("    post_start: [{command: x}]\n") == plain);
  CHECK(hash("    deploy: {replicas: 2, update_config: {order: start-first}, placement: {constraints: [a]}}\n") ==
        plain);
  CHECK(hash("    deploy: {restart_policy: {condition: any}}\n") != plain);
  CHECK(hash("    mem_reservation: 1m\n") == hash("    deploy: {resources: {reservations: {memory: 1m}}}\n"));
}

TEST_CASE("a container that lives with another is made once that one has started, and anew with it") {
  const std::string text =
      "name: shop\nservices:\n  side: {image: s, network_mode: \"service:web\"}\n  web: {image: w, user: \"1\"}\n";
  const auto project = ProjectFiles(Files{{"stack.yaml", text}}).project();
  ObservedState observed;
  observed.images = {{"s", {"sha256:s", ""}}, {"w", {"sha256:w", ""}}};
  observed.networks = {{"shop_default", "n"}};
  const auto lines = [&](const project::Project& wanted) {
    const auto plan = plan_up(wanted, observed, {.wait = Wait::none});
    REQUIRE(plan);
    std::string out;
    for (const auto& action : plan->actions) {
      out += to_line(action);
      for (const auto after : action.after) out += " " + std::to_string(after);
      out += "\n";
    }
    return out;
  };
  CHECK(lines(project) ==
        "web: create container shop-web-1 (new)\nweb: start container shop-web-1 0\n"
        "side: create container shop-side-1 (new) 0 1\nside: start container shop-side-1 1 2\n");
  for (const auto& service : project.services) {
    ObservedContainer container;
    container.id = service.name;
    container.name = service.container_name;
    container.service = service.name;
    container.state = "running";
    container.image_id = observed.images.at(service.image).id;
    container.hash = service.hash;
    container.model = service.model.dump();
    observed.containers.push_back(container);
  }
  auto changed = text;
  changed.replace(changed.find("\"1\""), 3, "\"2\"");
  const auto plan = lines(ProjectFiles(Files{{"stack.yaml", changed}}).project());
  INFO(plan);
  CHECK(plan.find("side: create container shop-side-1-next (web has a new container)") != std::string::npos);
}

TEST_CASE("replicas come from scale or deploy") {
  const auto replicas = [](const std::string& keys) {
    const ProjectFiles files(Files{{"stack.yaml", "name: s\nservices:\n  web:\n    image: x\n" + keys}});
    return files.project().find("web")->replicas;
  };
  CHECK(replicas("") == 1);
  CHECK(replicas("    scale: 0\n") == 0);
  CHECK(replicas("    deploy: {replicas: 4}\n") == 4);
}

TEST_CASE("an env_file that is not required may be missing, a raw one is taken as it stands") {
  const std::string service =
      "services:\n  web:\n    image: x\n    env_file: [{path: gone, required: false}, {path: raw, format: raw}]\n";
  const ProjectFiles files(
      Files{{"stack.yaml", service}, {"raw", "# note\nA=\"$X\"\n\nB=one two # three\nNAMED\nNOBODY\r\n"}});
  const auto project = files.project({{"NAMED", "n"}});
  const auto& environment = project.find("web")->spec.environment;
  REQUIRE(environment.size() == 3);
  CHECK(*environment.find("A") == "\"$X\"");
  CHECK(*environment.find("B") == "one two # three");
  CHECK(*environment.find("NAMED") == "n");
  files.write("stack.yaml", "services:\n  web:\n    image: x\n    env_file: [{path: gone}]\n");
  CHECK(files.error().find("required: false") != std::string::npos);
}

}  // namespace saasctl::container_keys_test
