// Keys of Compose as the engine has them afterwards.
#include "stack.hpp"

namespace saasctl::keys_test {

using namespace saasctl::test;

TEST_CASE("a container has what the keys of its service say") {
  const auto client = real_engine();
  const FixtureImage image(client);
  Stack stack(client, "keys");
  stack.variables()["KEYS_CONFIG"] = "from a variable";
  const auto service = [&](const std::string& name, const std::string& more) {
    return "  " + name + ":\n    image: " + image.text() +
           "\n    pull_policy: never\n    command: [sleep, '3600']\n    stop_signal: SIGKILL\n" + more;
  };
  write_file(stack.folder() / "labels", "from=file\n");
  stack.write(
      "services:\n" + service("main", R"(    cpu_shares: 73
    cpuset: "0"
    mem_limit: 32m
    memswap_limit: 64m
    mem_reservation: 16m
    oom_score_adj: 500
    devices: ["/dev/null:/dev/nought:r"]
    device_cgroup_rules: ["c 1:3 mr"]
    dns_opt: [use-vc]
    dns_search: example.org
    domainname: example.org
    hostname: main
    ipc: shareable
    label_file: labels
    mac_address: 02:42:ac:11:65:43
    storage_opt: {}
    sysctls: {net.ipv4.ip_unprivileged_port_start: "80"}
    deploy: {restart_policy: {condition: on-failure, max_attempts: 3}}
    configs: [text, {source: variable, target: /etc/deep/v, uid: "5", gid: "6", mode: 0440}]
    networks: {fixed: {ipv4_address: 10.213.77.9, priority: 5}, other: {}}
    volumes:
      - {type: tmpfs, target: /mem, tmpfs: {size: 8m, mode: 01777}}
      - {type: volume, source: data, target: /data, volume: {nocopy: true}}
)") + service("beside", "    network_mode: service:main\n    ipc: service:main\n    volumes_from: [main:ro]\n") +
      service("alone", "    network_mode: none\n    deploy: {placement: {constraints: [node.role==manager]}}\n") +
      "networks:\n  fixed: {ipam: {config: [{subnet: 10.213.77.0/24, gateway: 10.213.77.1}]}}\n  other:\n"
      "volumes: {data: {labels: {kept: here}}}\n"
      "configs: {text: {content: \"hello\\n\"}, variable: {environment: KEYS_CONFIG}}\n");
  stack.must({"up"});

  const auto main = stack.container("main");
  const auto& host = main.host_config;
  CHECK(host["CpuShares"] == 73);
  CHECK(host["CpusetCpus"] == "0");
  CHECK(host["Memory"] == 32 << 20);
  CHECK(host["MemorySwap"] == 64 << 20);
  CHECK(host["MemoryReservation"] == 16 << 20);
  CHECK(host["OomScoreAdj"] == 500);
  CHECK(host["Devices"][0]["PathInContainer"] == "/dev/nought");
  CHECK(host["DnsOptions"][0] == "use-vc");
  CHECK(host["DnsSearch"][0] == "example.org");
  CHECK(host["IpcMode"] == "shareable");
  CHECK(host["RestartPolicy"]["Name"] == "on-failure");
  CHECK(host["RestartPolicy"]["MaximumRetryCount"] == 3);
  // Podman takes the rules and does not tell them; a domain name it does not keep.
  if (!client.is_podman()) {
    CHECK(host["DeviceCgroupRules"][0] == "c 1:3 mr");
    CHECK(main.config["Domainname"] == "example.org");
  }
  CHECK(main.labels.at("from") == "file");
  CHECK(main.networks.at(stack.project() + "_fixed").ip_address == "10.213.77.9");
  CHECK(main.networks.contains(stack.project() + "_other"));

  CHECK(stack.said_in("main", {"/fixture", "size", "/text"}) == "6 bytes\n");
  CHECK(stack.said_in("main", {"/fixture", "size", "/etc/deep/v"}) == "15 bytes\n");
  CHECK(stack.said_in("main", {"/fixture", "owner", "/etc/deep/v"}) == "5:6 440\n");
  CHECK(stack.said_in("main", {"/fixture", "owner", "/mem"}) == "0:0 1777\n");

  const auto beside = stack.container("beside");
  CHECK(beside.host_config["NetworkMode"].get<std::string>().starts_with("container:"));
  CHECK(beside.host_config["IpcMode"].get<std::string>().starts_with("container:"));
  CHECK(std::ranges::any_of(beside.mounts,
                            [](const auto& mount) { return mount.destination == "/data" && mount.read_only; }));
  CHECK(stack.container("alone").host_config["NetworkMode"] == "none");
  CHECK(contains(stack.must({"up"}).err, "nothing to change"));
}

TEST_CASE("an image is built from a Dockerfile in the stack file, under all its names") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const ImageName second(client, "second");
  const Stack stack(client, "inline");
  stack.write(
      "services:\n  made:\n    command: [sleep, '3600']\n    stop_signal: SIGKILL\n    build:\n      context: .\n"
      "      tags: [\"" +
      second.text() + "\"]\n      dockerfile_inline: |\n        FROM " + image.text() + "\n        LABEL inline=yes\n");
  stack.must({"up"});
  const auto built = engine::inspect_image(client, second.text(), {});
  REQUIRE(built);
  CHECK(built->labels.at("inline") == "yes");
  CHECK(stack.container("made").image_id == built->id);
  stack.must({"down"});
  static_cast<void>(engine::remove_image(client, stack.project() + "-made", true, {}));
}

}  // namespace saasctl::keys_test
