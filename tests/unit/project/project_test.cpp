#include "growth.hpp"
#include "paths.hpp"
#include "plan/container_body.hpp"
#include "project/order.hpp"
#include "project_files.hpp"
#include "render/config.hpp"
#include "render/render.hpp"
#include "render/writers.hpp"
#include "render/yaml.hpp"

namespace saasctl::project_test {

using namespace saasctl::project;

namespace {

std::string web(const std::string& keys) {
  return "name: shop\nservices:\n  web:\n    image: nginx:1\n" + keys;
}

std::string hash_of(const std::string& keys, const std::map<std::string, std::string>& files = {},
                    const yaml::Variables& environment = {}) {
  auto all = files;
  all["stack.yaml"] = web(keys);
  const ProjectFiles project(all);
  return project.project(environment).services.at(0).hash;
}

std::vector<std::string> names_of(const std::vector<Service>& services) {
  std::vector<std::string> names;
  for (const auto& service : services) names.push_back(service.name);
  return names;
}

const std::string port_template =
    "holes:\n  port: {type: port, required: true, doc: Port.}\n  debug: {type: boolean, default: \"false\"}\nfiles: "
    "{Dockerfile: D.mustache}\n";

}  // namespace

TEST_CASE("the name of a project: -p, then COMPOSE_PROJECT_NAME, then name:, then the folder") {
  const ProjectFiles named(Files{{"stack.yaml", web("")}});
  CHECK(named.load({{"COMPOSE_PROJECT_NAME", "env"}}, declare::Mode::resolve, "option")->project.name == "option");
  CHECK(named.project({{"COMPOSE_PROJECT_NAME", "env"}}).name == "env");
  CHECK(named.project({{"COMPOSE_PROJECT_NAME", ""}}).name == "shop");
  CHECK(named.load({}, declare::Mode::resolve, "No Name").error().message == "'No Name' is not a valid project name");
  named.write(".env", "COMPOSE_PROJECT_NAME=dotenv\n");
  CHECK(named.project().name == "dotenv");
  const ProjectFiles unnamed(Files{{"sub/My.App/stack.yaml", "services: {web: {image: x}}\n"}});
  CHECK(load({.files = {unnamed.folder() / "sub/My.App/stack.yaml"}})->project.name == "myapp");
}

TEST_CASE(".env stands under the environment, and what is not set is warned of") {
  const ProjectFiles files(Files{{"stack.yaml", web("    user: \"${A}-${B}-${C}\"\n")}, {".env", "A=file\nB=file\n"}});
  const auto loaded = files.load({{"A", "outer"}});
  REQUIRE(loaded);
  CHECK(loaded->project.services[0].spec.user == "outer-file-");
  REQUIRE(loaded->warnings.size() == 1);
  CHECK(loaded->warnings[0].find("variable C is not set") != std::string::npos);
}

TEST_CASE("environment wins over env_file, and a later env_file over an earlier one") {
  const ProjectFiles files(
      Files{{"stack.yaml", web("    env_file: [one.env, two.env]\n    environment: {C: own, D: }\n")},
            {"one.env", "A=1\nB=1\nC=1\n"},
            {"two.env", "B=2\n"}});
  const auto project = files.project({{"D", "outer"}});
  yaml::Variables got;
  for (const auto& entry : project.services[0].spec.environment) got[entry.name] = *entry.value;
  CHECK(got == yaml::Variables{{"A", "1"}, {"B", "2"}, {"C", "own"}, {"D", "outer"}});
}

TEST_CASE("a variable without a value anywhere takes that of the env_file and of the image away") {
  const ProjectFiles files(Files{{"stack.yaml", web("    env_file: one.env\n    environment: [A, B=, C]\n")},
                                 {"one.env", "A=1\nB=1\nD=1\n"}});
  const auto project = files.project({{"C", "outer"}});
  std::string got;
  for (const auto& [name, at, value] : project.services[0].spec.environment)
    got += name + (value ? "=" + *value : "") + ";";
  CHECK(got == "A;B=;D=1;C=outer;");
  const auto body = plan::container_body(project, project.services[0], {}, "").body;
  CHECK(body["Env"] == Json{"A", "B=", "D=1", "C=outer"});
}

TEST_CASE("errors of every file come together") {
  const ProjectFiles files(Files{{"stack.yaml", web("    env_file: [gone.env, bad.env]\n    mem_limit: x\n")},
                                 {"bad.env", "no line\n"},
                                 {".env", "= x\n"}});
  const auto text = files.error();
  CHECK(text.find(".env:1:1: error: not a KEY=VALUE line") != std::string::npos);
  CHECK(text.find("bad.env:1:1: error: not a KEY=VALUE line") != std::string::npos);
  CHECK(text.find("gone.env: No such file") != std::string::npos);
  CHECK(text.find("'x' is not a size") != std::string::npos);
}

TEST_CASE("dependencies come before dependants, otherwise the order is the user's") {
  const ProjectFiles files(Files{{"stack.yaml",
                                  "services:\n  a: {image: x, depends_on: [d, c]}\n  b: {image: x}\n  c: {image: x}\n  "
                                  "d: {image: x, depends_on: [c]}\n"}});
  const auto project = files.project();
  CHECK(names_of(project.services) == std::vector<std::string>{"b", "c", "d", "a"});
  CHECK(with_dependencies(project, {"d"}).value() == std::vector<std::string>{"c", "d"});
  CHECK(with_dependencies(project, {"e"}).error().message == "no service 'e' in stack.yaml");
}

TEST_CASE("the same meaning has the same hash") {
  CHECK(hash_of("    environment: {A: 1, B: 2}\n") == hash_of("    environment: [B=2, A=1]\n"));
  CHECK(hash_of("    environment: {A: 1}\n") == hash_of("    env_file: e\n", {{"e", "A=1\n"}}));
  CHECK(hash_of("    mem_limit: 64m\n    cpus: 1\n") ==
        hash_of("    deploy: {resources: {limits: {cpus: 1.0, memory: 65536K}}}\n"));
  CHECK(hash_of("    command: a 'b c'\n") == hash_of("    command: [a, b c]\n"));
  CHECK(hash_of("    stop_grace_period: 90s\n") == hash_of("    stop_grace_period: 1m30s\n"));
  CHECK(hash_of("    ports: [\"8080:80\"]\n") == hash_of("    ports: [{target: 80, published: 8080}]\n"));
  CHECK(hash_of("    user: ${U:-u}\n") == hash_of("    user: u\n"));
  CHECK(hash_of("") == hash_of("    container_name: shop-web-1\n"));
  CHECK(hash_of("") == hash_of("    build: .\n    pull_policy: never\n    ready: {exec: x}\n    depends_on: {other: "
                               "{condition: service_started, required: false}}\n"));
}

TEST_CASE("every key of a container has a part in its hash") {
  const std::vector<std::string> keys{"container_name: a",
                                      "hostname: a",
                                      "platform: linux/amd64",
                                      "user: a",
                                      "group_add: [a]",
                                      "working_dir: /a",
                                      "entrypoint: a",
                                      "command: a",
                                      "environment: {A: 1}",
                                      "environment: {A: 2}",
                                      "secrets: [s]",
                                      "secrets: [{source: s, mode: 0440}]",
                                      "configs: [{source: c, target: /c}]",
                                      "ports: [80]",
                                      "ports: [\"80:80\"]",
                                      "expose: [80]",
                                      "networks: [n]",
                                      "networks: {n: {aliases: [x]}}",
                                      "volumes: [\"data:/a\"]",
                                      "volumes: [\"data:/a:ro\"]",
                                      "volumes: [\"./x:/a\"]",
                                      "tmpfs: /tmp",
                                      "healthcheck: {test: [CMD, a]}",
                                      "healthcheck: {test: [CMD, a], interval: 5s}",
                                      "healthcheck: {test: [CMD, a], retries: 2}",
                                      "deploy: {resources: {limits: {memory: 1g}}}",
                                      "deploy: {resources: {limits: {cpus: 1}}}",
                                      "deploy: {resources: {limits: {pids: 10}}}",
                                      "deploy: {resources: {reservations: {memory: 1g}}}",
                                      "shm_size: 1m",
                                      "ulimits: {nofile: 5}",
                                      "restart: always",
                                      "init: true",
                                      "stop_signal: SIGINT",
                                      "stop_grace_period: 1s",
                                      "read_only: true",
                                      "privileged: true",
                                      "cap_add: [A]",
                                      "cap_drop: [A]",
                                      "security_opt: [a]",
                                      "sysctls: {a: 1}",
                                      "dns: 1.1.1.1",
                                      "extra_hosts: [\"a:1.1.1.1\"]",
                                      "labels: {a: b}",
                                      "logging: {driver: none}",
                                      "tty: true",
                                      "stdin_open: true"};
  const std::string rest = "networks: {n: }\nvolumes: {data: }\nsecrets: {s: {file: s}}\nconfigs: {c: {file: c}}\n";
  std::map<std::string, std::string> seen{{hash_of(rest), "nothing"}};
  for (const auto& key : keys) {
    const auto [other, fresh] = seen.emplace(hash_of("    " + key + "\n" + rest), key);
    INFO(key << " and " << other->second);
    CHECK(fresh);
  }
}

TEST_CASE("a hash follows what networks and volumes are called and what secrets and configs hold") {
  const std::string keys =
      "    secrets: [x]\n    configs: [{source: x, target: /x}]\n    volumes: [\"v:/v\"]\nsecrets: {x: {file: "
      "s}}\nconfigs: {x: {file: c}}\n";
  const auto base = hash_of(keys + "volumes: {v: }\n", {{"s", "1"}, {"c", "1"}});
  CHECK(base == hash_of(keys + "volumes: {v: {name: shop_v}}\n", {{"s", "1"}, {"c", "1"}}));
  CHECK(base != hash_of(keys + "volumes: {v: {name: other}}\n", {{"s", "1"}, {"c", "1"}}));
  CHECK(base != hash_of(keys + "volumes: {v: }\n", {{"s", "2"}, {"c", "1"}}));
  CHECK(base != hash_of(keys + "volumes: {v: }\n", {{"s", "1"}, {"c", "2"}}));
}

TEST_CASE("a template's holes are filled, checked and named") {
  const std::map<std::string, std::string> base{
      {"templates/tool/template.yaml", port_template},
      {"templates/tool/D.mustache", "EXPOSE {{{port}}}{{#debug}} d{{/debug}}\n"}};
  const auto with = [&](const std::string& text) {
    auto files = base;
    files["stack.yaml"] = "services:\n  web:\n    " + text + "\n";
    return ProjectFiles(files).error({}, declare::Mode::verbatim);
  };
  CHECK(with("{template: tool, with: {port: 80}}").empty());
  CHECK(with("{template: tool}").find("template 'tool' needs a value for 'port'") != std::string::npos);
  CHECK(with("{template: tool, with: {port: x}}").find("'x' is not a port from 1 to 65535") != std::string::npos);
  CHECK(with("{template: tool, with: {port: 80, prot: 1}}").find("did you mean 'port'?") != std::string::npos);
  CHECK(with("{template: toll, with: {port: 80}}").find("unknown template 'toll'") != std::string::npos);
  CHECK(with("{template: tool, with: {port: \"${P:-8080}\"}}").empty());
}

TEST_CASE("an empty template.yaml is an error and no template") {
  const ProjectFiles files(
      Files{{"stack.yaml", "services: {web: {template: t}}\n"}, {"templates/t/template.yaml", ""}});
  CHECK(files.error().find("template.yaml:1:1: error: the file is empty") != std::string::npos);
}

TEST_CASE("the mode of a secret is octal") {
  const auto error = [](const std::string& mode) {
    return ProjectFiles(
               Files{{"stack.yaml", web("    secrets: [{source: s, mode: " + mode + "}]\nsecrets: {s: {file: s}}\n")}})
        .error();
  };
  CHECK(error("0440").empty());
  CHECK(error("\"0o400\"").empty());
  for (const auto* wrong : {"o", "\"0o\"", "7o7", "7777", "77777", "rw"}) {
    INFO(wrong);
    CHECK(error(wrong).find("is not an octal mode such as 0440") != std::string::npos);
  }
}

TEST_CASE("what is rendered follows from the file alone") {
  const ProjectFiles files(
      Files{{"stack.yaml",
             "name: shop\nservices:\n  web: {image: \"x:${T:-1}\", user: \"${U:-1}:${G:?g}\", ports: "
             "[\"${P:-80}:80\"], volumes: [\"${V:-data}:/x\"]}\n"
             "networks: {default: {internal: true}}\nvolumes: {data: }\n"
             "render:\n  c.yml: {compose: all}\n  p.yml: {prometheus: {targets: [\"web:${Q:-80}\", \"web:81\"], "
             "interval: \"${I:-2s}\"}}\n  v.env: {variables: true}\n"}});
  const auto one = render::render_all(files.project({}, declare::Mode::verbatim)),
             two = render::render_all(
                 files.project({{"COMPOSE_PROJECT_NAME", "other"}, {"T", "9"}}, declare::Mode::verbatim));
  REQUIRE(one);
  REQUIRE(two);
  for (std::size_t i = 0; i < one->size(); ++i) CHECK((*one)[i].text == (*two)[i].text);
  const std::string first = "# made by `saasctl render` from stack.yaml; edit that file, then run it again.\n";
  CHECK((*one)[0].text ==
        first +
            "name: shop\n\nservices:\n  web:\n    image: x:${T:-1}\n    user: ${U:-1}:${G:?g}\n    ports:\n      - "
            "${P:-80}:80\n"
            "    volumes:\n      - ${V:-data}:/x\n\nnetworks:\n  default:\n    internal: true\n\nvolumes:\n  data:\n");
  CHECK((*one)[1].text == first +
                              "global:\n  scrape_interval: 2s\n  scrape_timeout: 2s\nscrape_configs:\n  - job_name: "
                              "web\n    static_configs:\n      - targets: [web:80, web:81]\n");
  CHECK((*one)[2].text.ends_with("#T=1\n#U=1\n# g\nG=\n#P=80\n#V=data\n#Q=80\n#I=2s\n"));
}

TEST_CASE("a rendered Compose file still says what secrets init makes") {
  const ProjectFiles files(Files{{"stack.yaml", web("    secrets: [key]\nsecrets: {key: {file: k, generate: empty}}\n"
                                                    "render: {c.yml: {compose: all}}\n")}});
  const auto rendered = render::render_all(files.project({}, declare::Mode::verbatim));
  REQUIRE(rendered);
  CHECK((*rendered)[0].text.find("\n    x-saasctl-generate: empty\n") != std::string::npos);
  files.write("stack.yaml", (*rendered)[0].text);
  CHECK(files.project().find_secret("key")->generate == "empty");
}

TEST_CASE("a template that is no Mustache or uses an unknown hole is refused") {
  CHECK(render::template_text("t", "{{#a}}", {{"a", "1"}}).error().message.starts_with("template t"));
  CHECK(render::template_text("t", "{{b}} {{{a}}}", {{"a", "1"}}).error().message ==
        "template t uses 'b', which is not one of its holes");
  CHECK(
      render::template_text("t", "{{{a}}}{{! note }}<{{#e}}x{{/e}}{{^e}}y{{/e}}>", {{"a", "<&>"}, {"e", ""}}).value() ==
      "<&><y>");
}

TEST_CASE("a template is refused at its line when its sections or its size have no end") {
  const auto message = [](const std::string& text) {
    const auto filled = render::template_text("t/D", text, {{"a", "1"}, {"b", "2"}});
    return filled ? "filled: " + *filled : filled.error().message;
  };
  std::string begins, ends;
  for (int i = 0; i < 32; ++i) (begins += "{{#a}}\n"), ends += "{{/a}}";
  CHECK(message(begins + "x" + ends).starts_with("filled: "));
  CHECK(message(begins + "{{^b}}x{{/b}}" + ends) ==
        "template t/D:33: sections are nested too deeply: more than 32 levels");
  CHECK(message("x\n{{#a}}\n{{#b}}{{/a}}{{/b}}") == "template t/D:3: section 'a' ends within section 'b' of line 3");
  CHECK(message("x\n{{/a}}") == "template t/D:2: section 'a' ends, but never begins");
  CHECK(message("x\n\n{{#a}}\n") == "template t/D:3: section 'a' has no end");
  CHECK(message("x\n{{a") == "template t/D:2: '{{' without '}}'");
  CHECK(message("{{! {{{ \n }}\n{{=<% %>=}}") == "template t/D:3: the delimiters cannot be changed ('{{=')");
  CHECK(message("{{> /etc/passwd}}") == "template t/D:1: templates cannot include others ('{{>')");
  CHECK(message("{{! #a }}{{ a }}{{& b}}{{{ a }}}") == "filled: 121");
  CHECK(message(std::string(300'000, 'x')) == "template t/D is larger than 256 KiB");
  const auto large = render::template_text("t/D", "{{a}}\n{{a}}{{a}}", {{"a", std::string(30 << 20, 'x')}});
  REQUIRE_FALSE(large);
  CHECK(large.error().message == "template t/D:2: its holes are filled with more than 64 MiB");
}

TEST_CASE("labels, environment and the lines of an env_file are resolved and shown in linear time") {
  CHECK(test::grows_linearly(1'000, [](std::size_t count) {
    std::string labels, environment, lines;
    for (std::size_t i = 0; i < count; ++i) {
      const auto number = std::to_string(i);
      labels += "      l" + number + ": x\n";
      environment += "      - E" + number + "=x\n      - UNSET" + number + "\n";
      lines += "F" + number + "=x\n";
    }
    const ProjectFiles files(
        Files{{"stack.yaml", web("    env_file: f\n    labels:\n" + labels + "    environment:\n" + environment)},
              {"f", lines}});
    const auto project = files.project();
    const auto& spec = project.services.front().spec;
    REQUIRE(spec.labels.size() == count);
    REQUIRE(spec.environment.size() == 3 * count);
    const auto config = render::config_model(project, declare::Mode::resolve, {});
    REQUIRE(config["services"]["web"]["environment"].size() == 3 * count);
    REQUIRE(render::to_yaml(config).size() > count);
  }));
}

TEST_CASE("the rendered files of this repository are what its stack file gives") {
  const auto loaded = load({.files = {SAASCTL_SOURCE_DIR "/stack.yaml"}, .mode = declare::Mode::verbatim});
  REQUIRE(loaded);
  const auto files = render::render_all(loaded->project);
  REQUIRE(files);
  CHECK(files->size() >= 12);
  for (const auto& file : *files) {
    INFO(file.path << ": run saasctl render");
    CHECK(read_file(loaded->project.folder / file.path).value_or("(missing)") == file.text);
  }
}

}  // namespace saasctl::project_test
