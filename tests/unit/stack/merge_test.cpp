#include "stack/merge.hpp"
#include "stack_files.hpp"

namespace saasctl::merge_test {

using namespace saasctl::stack;

namespace {

struct Tree {
  std::shared_ptr<const Source> source;
  Diagnostics diagnostics;
  NodePtr root;
  explicit Tree(std::string text) : source(std::make_shared<const Source>("f.yaml", std::move(text))) {
    const auto documents = parse_documents(*source, diagnostics);
    REQUIRE(documents.size() == 1);
    root = documents.front();
  }
};

// A tree as JSON, maps in the order of their keys' places.
std::string shown(const Node& node) {
  std::string out;
  switch (node.kind) {
    case Kind::null:
      return "~";
    case Kind::scalar:
      return node.text;
    case Kind::list:
      for (const auto& item : node.items) out += (out.empty() ? "" : ", ") + shown(*item);
      return "[" + out + "]";
    case Kind::map:
      for (const auto& entry : node.entries) out += (out.empty() ? "" : ", ") + entry.key + ": " + shown(*entry.value);
      return "{" + out + "}";
  }
  return out;
}

// What two files' services, written in YAML's flow form, become.
std::string services(const std::string& base, const std::string& over) {
  const Tree a("services: {web: " + base + "}"), b("services: {web: " + over + "}");
  Diagnostics diagnostics;
  const auto merged = without_duplicates(without_tags(merge_files(a.root, b.root, diagnostics)));
  CHECK(diagnostics.text().empty());
  return shown(*merged->find("services")->find("web"));
}

}  // namespace

TEST_CASE("maps are merged, other values replaced, and nothing at all keeps what was there") {
  CHECK(services("{a: 1, b: {c: 2, d: 3}}", "{b: {d: 4, e: 5}, f: 6}") == "{a: 1, b: {c: 2, d: 4, e: 5}, f: 6}");
  CHECK(services("{image: x, labels: {a: b}, cap_add: [c]}", "{image: , labels: , cap_add: }") ==
        "{image: x, labels: {a: b}, cap_add: [c]}");
}

TEST_CASE("devices are appended to gpus: all") {
  CHECK(services("{gpus: all}", "{gpus: [{driver: x}]}") == "{gpus: [{count: all}, {driver: x}]}");
}

TEST_CASE("lists are appended without what is there already") {
  CHECK(services("{group_add: [1, 2]}", "{group_add: [2, 3]}") == "{group_add: [1, 2, 3]}");
  CHECK(services("{x: [{a: 1, b: 2}]}", "{x: [{b: 2, a: 1}, {a: 2}]}") == "{x: [{a: 1, b: 2}, {a: 2}]}");
}

TEST_CASE("command, entrypoint and the test of a healthcheck are replaced, by nothing as well") {
  CHECK(services("{command: [a, b], entrypoint: [c], healthcheck: {test: [CMD, x], interval: 1s}}",
                 "{command: d, entrypoint: , healthcheck: {test: [CMD, y]}}") ==
        "{command: d, entrypoint: ~, healthcheck: {test: [CMD, y], interval: 1s}}");
}

TEST_CASE("maps and lists of KEY=VALUE are merged by key in either form") {
  CHECK(services("{environment: {A: 1, B: 2}}", "{environment: [B=3, C]}") == "{environment: {A: 1, B: 3, C: ~}}");
  CHECK(services("{labels: [a=1, b=x=y]}", "{labels: {b: 2}}") == "{labels: {a: 1, b: 2}}");
  CHECK(services("{build: {args: [A=1]}}", "{build: {args: {A: 2, B: 3}}}") == "{build: {args: {A: 2, B: 3}}}");
  CHECK(services("{environment: [A=1, B=2, A=3]}", "{image: x}") == "{environment: [A=3, B=2], image: x}");
}

TEST_CASE("a value, a list and a map of hosts are appended") {
  CHECK(services("{dns: 1.1.1.1}", "{dns: [8.8.8.8, 1.1.1.1]}") == "{dns: [1.1.1.1, 8.8.8.8]}");
  CHECK(services("{extra_hosts: {h: 1.1.1.1, i: [2.2.2.2, 3.3.3.3]}}", "{extra_hosts: [\"h=4.4.4.4\"]}") ==
        "{extra_hosts: [h=1.1.1.1, i=2.2.2.2, i=3.3.3.3, h=4.4.4.4]}");
  CHECK(services("{env_file: a.env}", "{env_file: [b.env, {path: a.env, required: false}]}") ==
        "{env_file: [{path: a.env, required: false}, b.env]}");
}

TEST_CASE("a build is its context in the short form") {
  CHECK(services("{build: ./dir}", "{build: {target: t}}") == "{build: {context: ./dir, target: t}}");
  CHECK(services("{build: {target: t}}", "{build: ./dir}") == "{build: {target: t, context: ./dir}}");
}

TEST_CASE("a dependency in the short form is one that has started") {
  CHECK(services("{depends_on: [a]}", "{depends_on: {a: {condition: service_healthy}, b: {restart: true}}}") ==
        "{depends_on: {a: {condition: service_healthy, required: true}, b: {restart: true}}}");
  CHECK(services("{depends_on: {a: {condition: service_healthy, restart: true}}}", "{depends_on: [a]}") ==
        "{depends_on: {a: {condition: service_started, restart: true, required: true}}}");
}

TEST_CASE("networks of a service merge in either form") {
  CHECK(services("{networks: [a, b]}", "{networks: {b: {aliases: [x]}, c: }}") ==
        "{networks: {a: ~, b: {aliases: [x]}, c: ~}}");
  CHECK(services("{networks: {a: {aliases: [x]}}}", "{networks: [a]}") == "{networks: {a: {aliases: [x]}}}");
}

TEST_CASE("logging options are merged when the drivers are the same, else replaced") {
  CHECK(services("{logging: {driver: a, options: {x: 1}}}", "{logging: {options: {y: 2}}}") ==
        "{logging: {driver: a, options: {x: 1, y: 2}}}");
  CHECK(services("{logging: {driver: a, options: {x: 1}}}", "{logging: {driver: b}}") == "{logging: {driver: b}}");
}

TEST_CASE("a limit that is a number is replaced, one that is a map is merged") {
  CHECK(services("{ulimits: {nofile: 5, n: {soft: 1, hard: 2}}}", "{ulimits: {nofile: {soft: 3}, n: {soft: 4}}}") ==
        "{ulimits: {nofile: {soft: 3}, n: {soft: 4, hard: 2}}}");
}

TEST_CASE("of list entries with one key the last stands in the place of the first") {
  CHECK(services("{volumes: [\"a:/x\", \"b:/y\"]}", "{volumes: [{type: bind, source: /c, target: /x}, \"/z\"]}") ==
        "{volumes: [{type: bind, source: /c, target: /x}, b:/y, /z]}");
  CHECK(services("{volumes: [\"a:/x/\"]}", "{volumes: [\"b:/y/../x\", {type: tmpfs, target: //x/.}]}") ==
        "{volumes: [{type: tmpfs, target: //x/.}]}");
  CHECK(services("{secrets: [s, {source: t, target: u}]}", "{secrets: [{source: v, target: /run/secrets/s}, t]}") ==
        "{secrets: [{source: v, target: /run/secrets/s}, {source: t, target: u}, t]}");
  CHECK(services("{ports: [\"80:80\", \"81:81\"]}", "{ports: [\"80:80\", {target: 5}, {target: 5}]}") ==
        "{ports: [80:80, 81:81, {target: 5}]}");
  CHECK(services("{devices: [\"/a:/b\"]}", "{devices: [\"/c:/b:r\"]}") == "{devices: [/c:/b:r]}");
  CHECK(services("{cap_add: [A, A], expose: [80, \"80\"], tmpfs: [/t, /t]}", "{image: x}") ==
        "{cap_add: [A], expose: [80], tmpfs: [/t], image: x}");
}

TEST_CASE("address ranges of a network are merged by subnet") {
  const auto merged_ranges = [](const std::string& base, const std::string& over) {
    const Tree a("networks: {n: {ipam: {config: " + base + "}}}"), b("networks: {n: {ipam: {config: " + over + "}}}");
    Diagnostics diagnostics;
    return shown(*merge_files(a.root, b.root, diagnostics)->find("networks")->find("n")->find("ipam")->find("config"));
  };
  CHECK(merged_ranges("[{subnet: a, gateway: g}]", "[{subnet: a, ip_range: r}, {subnet: b}]") ==
        "[{subnet: a, gateway: g, ip_range: r}, {subnet: b}]");
}

TEST_CASE("a reset value is gone from both files, an override replaces, whatever the form") {
  CHECK(services("{ports: [\"80:80\"], image: x, environment: [A=1, B=2]}",
                 "{ports: !reset [], environment: {A: !reset null}}") == "{image: x, environment: {B: 2}}");
  CHECK(services("{ports: [\"80:80\"], labels: {a: b}}", "{ports: !override [\"81:81\"], labels: !override {c: d}}") ==
        "{ports: [81:81], labels: {c: d}}");
  CHECK(services("{image: x}", "{command: !reset , cpus: !override 0.5}") == "{image: x, cpus: 0.5}");
}

TEST_CASE("a reset key inside one file is not there, one beside a merge takes the merged value") {
  const Tree tree("b: &b {ports: [1]}\nw: {<<: *b, ports: !reset [], user: !reset x}\n");
  CHECK(shown(*without_tags(tree.root)->find("w")) == "{ports: [1]}");
}

TEST_CASE("what was reset by one file can be given by the next") {
  const Tree a("{s: {x: 1}}"), b("{s: {x: !reset 0}}"), c("{s: {x: 3}}");
  Diagnostics diagnostics;
  const auto two = merge_files(a.root, b.root, diagnostics);
  CHECK(shown(*without_tags(two)) == "{s: {}}");
  CHECK(shown(*without_tags(merge_files(two, c.root, diagnostics))) == "{s: {x: 3}}");
}

TEST_CASE("other tags are errors") {
  const Source source("f.yaml", "a: !replace 5\n");
  Diagnostics diagnostics;
  parse_documents(source, diagnostics);
  CHECK(diagnostics.text().find("f.yaml:1:4: error: tag '!replace' is not supported") == 0);
}

TEST_CASE("a map and a list cannot be merged, and the error names both places") {
  const StackFiles files({{"a.yaml", "services:\n  web:\n    image: x\n    healthcheck: {interval: 1s}\n"},
                          {"b.yaml", "services:\n  web:\n    healthcheck: [a]\n"}});
  CHECK(files.errors({.files = {"a.yaml", "b.yaml"}})
            .find("b.yaml:3:18: error: a list cannot be merged with a map of a.yaml:4:18") != std::string::npos);
}

TEST_CASE("every value keeps its file, line and column through a merge") {
  const StackFiles files({{"a.yaml", "services:\n  web:\n    image: x\n    mem_limit: much\n    user: u\n"},
                          {"b.yaml", "services:\n  web:\n    shm_size: wide\n    imge: y\n"}});
  const auto errors = files.errors({.files = {"a.yaml", "b.yaml"}});
  CHECK(errors.find("a.yaml:4:16: error: 'much' is not a size") != std::string::npos);
  CHECK(errors.find("b.yaml:3:15: error: 'wide' is not a size") != std::string::npos);
  CHECK(errors.find("b.yaml:4:5: error:") != std::string::npos);
}

TEST_CASE("a published port that two files name alike is published once") {
  const StackFiles files({{"a.yaml", "services: {web: {image: x, ports: [\"8000-8002:8000-8002\"]}}\n"},
                          {"b.yaml", "services: {web: {ports: [\"8001:8001\", {target: 8002, published: 8002}]}}\n"}});
  const auto read = files.read({.files = {"a.yaml", "b.yaml"}});
  CHECK(read.diagnostics.empty());
  CHECK(read.service().ports.size() == 3);
}

TEST_CASE("documents of one file are laid over one another") {
  const StackFiles files({{"a.yaml", "services: {web: {image: x, user: a}}\n---\n---\nservices: {web: {user: b}}\n"}});
  CHECK(files.read({}).service().user == "b");
}

TEST_CASE("a verification plan in a file of its own is appended, and may name services of the other file") {
  const StackFiles files({{"a.yaml", "services: {web: {image: x}}\nverify: [{name: One, healthy: web}]\n"},
                          {"checks.yaml", "verify: [{name: Two, healthy: all}]\n"}});
  const auto read = files.read({.files = {"a.yaml", "checks.yaml"}});
  INFO(read.errors());
  REQUIRE(read.diagnostics.empty());
  const auto& plan = read.document->stack.verify;
  REQUIRE(plan.size() == 2);
  CHECK(plan[0].name == "One");
  CHECK(plan[1].name == "Two");
}

}  // namespace saasctl::merge_test
