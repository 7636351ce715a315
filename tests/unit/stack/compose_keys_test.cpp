// Keys of Compose in their short and long forms, and what is said of wrong ones.
#include "catch.hpp"
#include "growth.hpp"
#include "stack/implied.hpp"
#include "stack/shapes.hpp"
#include "stack_text.hpp"

namespace saasctl::compose_keys_test {

using namespace saasctl::stack;

namespace {

// The service as it is written into a Compose file.
Json written(const std::string& keys, Style style = Style::source) {
  const auto read = read_text(one_service(keys) + "  db: {image: x}\nvolumes: {data: }\nconfigs: {c: {content: x}}\n");
  INFO(read.errors());
  REQUIRE(read.diagnostics.empty());
  auto json = service_record().write(read.service(), style);
  json.erase("image");
  return json;
}

std::string error_of(const std::string& keys) {
  return read_text(one_service(keys) + "  db: {image: x}\nvolumes: {data: }\n").errors();
}

bool says(const std::string& keys, const std::string& part) {
  const auto errors = error_of(keys);
  INFO(keys << "\n" << errors);
  return errors.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("mounts are written back as short as they can be") {
  for (const auto* mount :
       {"data:/x", "data:/x:ro", "./a:/b:ro,z", "./a:/b:rshared", "data:/x:nocopy", "./a:/b:cached", "/anonymous"}) {
    CHECK(written(std::string("volumes: [\"") + mount + "\"]") == Json{{"volumes", {mount}}});
  }
  const Json image = {{"type", "image"}, {"source", "i:1"}, {"target", "/i"}, {"image", {{"subpath", "etc"}}}};
  CHECK(written("volumes: [{type: image, source: \"i:1\", target: /i, image: {subpath: etc}}]") ==
        Json{{"volumes", {image}}});
  const Json made = {{"type", "bind"}, {"source", "./a"}, {"target", "/a"}, {"bind", {{"create_host_path", false}}}};
  CHECK(written("volumes: [{type: bind, source: ./a, target: /a, bind: {create_host_path: false}}]") ==
        Json{{"volumes", {made}}});
}

TEST_CASE("a mount that makes no sense is told of") {
  CHECK(says("volumes: [\"data:/x:rx\"]", "4:15: error: 'data:/x:rx' is not a mount"));
  CHECK(says("volumes: [{type: npipe, source: a, target: /b}]", "a named pipe exists on Windows only"));
  CHECK(says("volumes: [{type: cluster, source: a, target: /b}]", "a cluster volume exists in a swarm only"));
  CHECK(says("volumes: [{type: bind, target: /b}]", "a bind mount needs a source"));
  CHECK(says("volumes: [{type: image, target: /b}]", "an image mount needs a source"));
  CHECK(says("volumes: [{type: volume, source: data, target: /b, tmpfs: {size: 1m}}]",
             "error: options of a tmpfs in a mount of type volume"));
  CHECK(says("volumes: [{type: tmpfs, target: /b, tmpfs: {mode: \"9\"}}]", "'9' is not an octal mode"));
  CHECK(says("volumes: [{type: bind, source: ./a, target: b}]", "the mount's target 'b' is not an absolute path"));
}

TEST_CASE("devices are paths with a target and permissions, or names") {
  CHECK(written("devices: [/dev/a, \"/dev/a:/dev/b\", \"/dev/a:/dev/c:r\", vendor.com/class=name]") ==
        Json{{"devices", {"/dev/a", "/dev/a:/dev/b", "/dev/a:/dev/c:r", "vendor.com/class=name"}}});
  CHECK(written("devices: [{source: /dev/a, target: /dev/b, permissions: rw}]") ==
        Json{{"devices", {"/dev/a:/dev/b:rw"}}});
  CHECK(says("devices: [\"/dev/a:/dev/b:x\"]", "is not a device such as"));
  CHECK(says("devices: [{target: /dev/a}]", "missing key 'source' in device"));
  CHECK(written("gpus: all") == Json{{"gpus", {{{"count", "all"}}}}});
  CHECK(says("gpus: some", "expected all or a list of devices"));
  CHECK(says("gpus: [{count: 1, device_ids: [a]}]", "count and device_ids exclude each other"));
  CHECK(says("deploy: {resources: {reservations: {devices: [{driver: x}]}}}", "a device needs its capabilities"));
}

TEST_CASE("the way a service takes part in a network is written back") {
  const Json use = {{"ipv6_address", "2001:db8::5"}, {"link_local_ips", {"169.254.1.1"}}, {"priority", 10}};
  const auto text = one_service(
                        "networks:\n  back: {ipv6_address: \"2001:db8::5\", link_local_ips: [169.254.1.1], "
                        "priority: 10}") +
                    "networks: {back: {enable_ipv6: true, ipam: {config: [{subnet: \"2001:db8::/64\"}]}}}\n";
  const auto read = read_text(text);
  INFO(read.errors());
  REQUIRE(read.diagnostics.empty());
  CHECK(service_record().write(read.service(), Style::canonical)["networks"] == Json{{"back", use}});
  CHECK(stack_record().write(read.stack(), Style::source)["networks"]["back"]["ipam"] ==
        Json{{"config", {{{"subnet", "2001:db8::/64"}}}}});
  CHECK(read_text(one_service("") + "networks: {n: {ipam: {config: [{subnet: 10.0.0.0/40}]}}}\n")
            .errors()
            .find("'10.0.0.0/40' is not a subnet") != std::string::npos);
}

TEST_CASE("external takes a name in its older form") {
  const auto read = read_text(one_service("") +
                              "networks: {n: {external: {name: other}}}\nvolumes: {v: {external: "
                              "{name: there}}}\n");
  INFO(read.errors());
  REQUIRE(read.diagnostics.empty());
  CHECK(read.stack().networks.find("n")->external == true);
  CHECK(read.stack().networks.find("n")->name == "other");
  CHECK(read.stack().volumes.find("v")->name == "there");
  CHECK(read_text(one_service("") + "networks: {n: {name: a, external: {name: b}}}\n").errors().find("given twice") !=
        std::string::npos);
}

TEST_CASE("secrets and configs of an orchestrator are refused, contents are exactly one") {
  const auto errors = [](const std::string& section) { return read_text(one_service("") + section + "\n").errors(); };
  CHECK(errors("secrets: {s: {external: true}}").find("an external secret comes from an orchestrator's store") !=
        std::string::npos);
  CHECK(errors("secrets: {s: {driver: x, file: f}}").find("key 'driver' of Compose is not supported in secret") !=
        std::string::npos);
  CHECK(errors("configs: {c: {content: x, file: f}}").find("exactly one of file, environment and content") !=
        std::string::npos);
  CHECK(errors("configs: {c: {content: x}, d: {environment: E}, e: {file: f}}").empty());
}

TEST_CASE("links, volumes_from and name spaces are dependencies") {
  const auto read = read_text(
      "services:\n  a: {image: x, links: [\"b:bee\"], volumes_from: [\"c:ro\", \"container:other\"], ipc: "
      "\"service:d\", pid: host}\n  b: {image: x}\n  c: {image: x}\n  d: {image: x}\n");
  INFO(read.errors());
  REQUIRE(read.diagnostics.empty());
  const auto all = all_dependencies(read.service("a"));
  REQUIRE(all.size() == 3);
  CHECK(all[0].name == "b");
  CHECK(all[0].value.restart == true);
  CHECK(all[0].value.condition == "service_started");
  CHECK(all[1].name == "d");
  CHECK(all[2].name == "c");
  CHECK(all[2].value.restart == false);
  CHECK(read_text("services:\n  a: {image: x, links: [b]}\n  b: {image: x, network_mode: \"service:a\"}\n")
            .errors()
            .find("dependency cycle: a → b → a") != std::string::npos);
  CHECK(says("network_mode: service:dbb", "4:5: error: unknown service 'dbb' in network_mode"));
  CHECK(says("ipc: service:web", "'web' names itself in ipc"));
}

TEST_CASE("keys that exclude each other are told of") {
  CHECK(says("network_mode: host\nnetworks: [default]", "network_mode and networks exclude each other"));
  CHECK(error_of("network_mode: service:db\nports: [\"80\"]").empty());  // the engine refuses it, for whoever starts it
  CHECK(says("scale: 2\ncontainer_name: x", "container_name names one container, and there would be 2"));
  CHECK(says("deploy: {restart_policy: {condition: any, max_attempts: 3}}", "counts attempts only after failures"));
}

TEST_CASE("a limit in both spellings: equal values are allowed, different ones are refused at both lines") {
  CHECK(error_of("mem_limit: 64m\ndeploy: {resources: {limits: {memory: 65536k}}}").empty());
  CHECK(error_of("cpus: 0.5\ndeploy: {resources: {limits: {cpus: \"0.50\"}}}").empty());
  CHECK(error_of("pids_limit: 5\ndeploy: {resources: {limits: {pids: 5}}}").empty());
  CHECK(error_of("mem_reservation: 1m\ndeploy: {resources: {reservations: {memory: 1m}}}").empty());
  CHECK(error_of("scale: 2\ndeploy: {replicas: 2}").empty());
  CHECK(error_of("mem_limit: 0\ndeploy: {resources: {limits: {memory: 1m}}}").empty());  // as if it were not there
  CHECK(error_of("cpus: 1\ndeploy: {resources: {limits: {memory: 1m}}}").empty());
  CHECK(error_of("mem_limit: 64m\ndeploy: {resources: {limits: {memory: 96M}}}") ==
        "stack.yaml:4:5: error: 'mem_limit' is 64m, but 'deploy.resources.limits.memory' is 96M (stack.yaml:5:35)\n"
        "     4 |     mem_limit: 64m\n       |     ^~~~~~~~~\n"
        "       = keep one of the two, or give both the same value\n"
        "stack.yaml:5:35: error: 'deploy.resources.limits.memory' is 96M, but 'mem_limit' is 64m (stack.yaml:4:5)\n"
        "     5 |     deploy: {resources: {limits: {memory: 96M}}}\n"
        "       |                                   ^~~~~~\n");
  CHECK(says("cpus: 0.5\ndeploy: {resources: {limits: {cpus: 1}}}", "'deploy.resources.limits.cpus' is 1"));
  CHECK(says("pids_limit: 5\ndeploy: {resources: {limits: {pids: 6}}}", "'deploy.resources.limits.pids' is 6"));
  CHECK(says("mem_reservation: 2m\ndeploy: {resources: {reservations: {memory: 1m}}}",
             "'deploy.resources.reservations.memory' is 1m"));
  CHECK(says("scale: 2\ndeploy: {replicas: 3}", "'scale' is 2, but 'deploy.replicas' is 3 (stack.yaml:5:14)"));
  // Both are what the caller's variables make of them.
  CHECK(
      read_text(one_service("scale: ${A:-2}\nmem_limit: ${M:-1m}\ndeploy: {replicas: \"${B:-3}\", resources: {limits: "
                            "{memory: 2m}}}"),
                Mode::verbatim)
          .errors()
          .empty());
}

TEST_CASE("a Dockerfile stands in one place, and what only a builder refuses is read") {
  CHECK(says("build: {context: ., dockerfile: D, dockerfile_inline: FROM x}", "exclude each other"));
  for (const auto* keys :
       {"additional_contexts: {a: b}", "additional_contexts: [a=b]", "cache_to: [\"type=registry,ref=x\"]",
        "platforms: [linux/amd64, linux/arm64]", "provenance: true", "sbom: true", "privileged: true",
        "isolation: hyperv", "entitlements: [network.host]", "no_cache_filter: [a, b]", "ssh: [default, id=path]",
        "ssh: {id: path}"}) {
    INFO(keys);
    CHECK(error_of("build: {context: ., " + std::string(keys) + "}").empty());
  }
  CHECK(error_of("build: https://example.org/x.git").empty());
  CHECK(says("build: {context: ., ssh: [id]}", "the SSH key 'id' has no path"));
  CHECK(written("build: {context: ., ssh: {id: path, default: null}}").at("build").at("ssh") ==
        Json{"id=path", "default"});
  CHECK(
      error_of("build: {context: ., provenance: false, sbom: false, platforms: [linux/amd64], shm_size: 1m, tags: [a], "
               "ulimits: {nofile: 5}, cache_to: [type=inline], secrets: [], privileged: false, isolation: default}")
          .empty());
}

TEST_CASE("pull policies with a time") {
  for (const auto* policy : {"daily", "weekly", "every_12h", "every_2d", "every_3w", "refresh", "always", "build"}) {
    INFO(policy);
    CHECK(error_of(std::string("pull_policy: ") + policy).empty());
  }
  CHECK(says("pull_policy: every_x", "'every_x' is not always"));
  CHECK(says("pull_policy: monthly", "'monthly' is not always"));
}

TEST_CASE("times of the processor are numbers of microseconds or durations") {
  CHECK(microseconds("95000") == 95000);
  CHECK(microseconds("-1") == -1);
  CHECK(microseconds("50ms") == 50000);
  CHECK(says("cpu_period: soon", "is not a number of microseconds"));
  CHECK(says("oom_score_adj: 2000", "an integer from -1000 to 1000"));
}

TEST_CASE("hosts are a list or a map") {
  CHECK(written("extra_hosts: [\"a:10.0.0.1\", \"b=10.0.0.2\", \"c=[::1]\"]") ==
        Json{{"extra_hosts", {"a:10.0.0.1", "b:10.0.0.2", "c:::1"}}});
  CHECK(written("extra_hosts: {a: 10.0.0.1, b: [10.0.0.2, 10.0.0.3]}") ==
        Json{{"extra_hosts", {"a:10.0.0.1", "b:10.0.0.2", "b:10.0.0.3"}}});
}

TEST_CASE("one port of a range, and words for the reader of a port") {
  CHECK(written("ports: [\"8000-8010:80\"]") == Json{{"ports", {"8000-8010:80"}}});
  CHECK(written("ports: [{target: 80, published: 8080, name: web, app_protocol: http, mode: host}]") ==
        Json{{"ports",
              {{{"target", "80"},
                {"published", "8080"},
                {"protocol", "tcp"},
                {"mode", "host"},
                {"name", "web"},
                {"app_protocol", "http"}}}}});
  CHECK(says("ports: [\"8000-8010:80-81\"]", "a pair of port ranges of the same length"));
}

TEST_CASE("hooks and watched paths") {
  const auto read =
      read_text(one_service("scale: 3\npost_start: [{command: echo hi, user: root}]\n"
                            "pre_stop: [{command: [sync], environment: {A: b}, privileged: true}]\n"
                            "develop: {watch: [{path: src, action: sync, target: /src, ignore: "
                            "node_modules}]}"));
  INFO(read.errors());
  REQUIRE(read.diagnostics.empty());
  const auto& web = read.service();
  CHECK(web.scale->value == 3);
  CHECK(web.post_start.at(0).command == std::vector<std::string>{"echo", "hi"});
  CHECK(web.post_start.at(0).user == "root");
  CHECK(web.pre_stop.at(0).privileged == true);
  CHECK(web.develop->watch.at(0).ignore == std::vector<std::string>{"node_modules"});
  CHECK(says("develop: {watch: [{path: a, action: sync}]}", "sync needs a target"));
  CHECK(says("develop: {watch: [{path: a, action: sync+exec, target: /a}]}", "sync+exec needs a command"));
  CHECK(says("develop: {watch: [{path: a}]}", "missing key 'action' in watch"));
  CHECK(says("post_start: [{user: root}]", "missing key 'command' in hook"));
}

TEST_CASE("an env_file is a path or a map") {
  const auto read = read_text(one_service("env_file: [a.env, {path: b.env, required: false, format: raw}]"));
  INFO(read.errors());
  REQUIRE(read.diagnostics.empty());
  CHECK(service_record().write(read.service(), Style::source)["env_file"] ==
        Json{"a.env", {{"path", "b.env"}, {"required", false}, {"format", "raw"}}});
  CHECK(says("env_file: [{path: a, format: yaml}]", "'yaml' is not one of raw"));
  CHECK(says("env_file: [{required: false}]", "missing key 'path' in env-file"));
}

TEST_CASE("many links are checked in linear time, those to unknown services too") {
  const auto errors = [](std::size_t count, bool known) {
    std::string text = "services:\n  web: {image: x}\n";
    for (std::size_t i = 0; i < count; ++i) {
      const auto link = known ? "last" : "unknown" + std::to_string(i);
      text += "  s" + std::to_string(i) + ": {image: x, links: [" + link + "]}\n";
    }
    return read_text(text + "  last: {image: x}\n").errors();
  };
  CHECK(test::grows_linearly(1'500, [&](std::size_t count) { REQUIRE(errors(count, true).empty()); }));
  CHECK(test::grows_linearly(500, [&](std::size_t count) { REQUIRE(errors(count, false).size() > 100); }));
}

TEST_CASE("of many unknown keys only the first are explained") {
  std::string keys;
  for (int i = 0; i < 1000; ++i) keys += "imagee" + std::to_string(i) + ": x\n";
  const auto read = read_text(one_service(keys));
  CHECK(read.diagnostics.list().front().hint == "did you mean 'image'?");
  CHECK(read.diagnostics.list().back().hint.empty());
  CHECK(read.errors().find("and 950 more errors") != std::string::npos);
}

}  // namespace saasctl::compose_keys_test
