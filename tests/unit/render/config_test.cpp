#include "render/config.hpp"
#include "growth.hpp"
#include "project/home.hpp"
#include "project_files.hpp"
#include "render/yaml.hpp"

namespace saasctl::config_test {

using namespace saasctl::project;

namespace {

using declare::Json;

Json model_of(const Files& files, const yaml::Variables& environment = {}, declare::Mode mode = declare::Mode::resolve,
              const std::set<std::string>& names = {}) {
  const ProjectFiles folder(files);
  return render::config_model(folder.project(environment, mode), mode, names);
}

// The one service of a stack named shop.
Json web(const std::string& keys, const yaml::Variables& environment = {},
         declare::Mode mode = declare::Mode::resolve) {
  const auto text = "name: shop\nservices:\n  web:\n    image: nginx:1\n" + keys;
  return model_of({{"stack.yaml", text}}, environment, mode).at("services").at("web");
}

}  // namespace

TEST_CASE("config writes ports, mounts, dependencies and networks in their long forms") {
  CHECK(web("    ports: [\"127.0.0.1:80:8080/udp\"]\n").at("ports").dump() ==
        R"([{"mode":"ingress","host_ip":"127.0.0.1","target":8080,"published":"80","protocol":"udp"}])");
  CHECK(web("    volumes: [\"/srv:/data:ro\"]\n").at("volumes").dump() ==
        R"([{"type":"bind","source":"/srv","target":"/data","read_only":true,"bind":{"create_host_path":true}}])");
  const auto model = model_of({{"stack.yaml", "services: {a: {image: x, depends_on: [b]}, b: {image: y}}\n"}});
  CHECK(model.at("services").at("a").at("depends_on").dump() ==
        R"({"b":{"condition":"service_started","required":true}})");
  CHECK(model.at("services").at("a").at("networks").dump() == R"({"default":null})");
}

TEST_CASE("config writes sizes in bytes and durations as Go does") {
  const auto service = web("    mem_limit: 64m\n    shm_size: 1gb\n    stop_grace_period: 90s\n");
  CHECK(service.at("mem_limit") == "67108864");
  CHECK(service.at("shm_size") == "1073741824");
  CHECK(service.at("stop_grace_period") == "1m30s");
  CHECK_FALSE(service.contains("deploy"));
}

TEST_CASE("config doubles dollar signs, and leaves variables alone when nothing is to be replaced") {
  CHECK(web("    environment: {A: \"$$x-${B:-c}\"}\n").at("environment").at("A") == "$$x-c");
  const auto kept = web("    environment: {A: \"$$x-${B:-c}\"}\n", {}, declare::Mode::verbatim);
  CHECK(kept.at("environment").at("A") == "$$x-${B:-c}");
}

TEST_CASE("config leaves ports, booleans and sizes with variables as they are written when nothing is to be replaced") {
  const auto kept = web(
      "    ports: [\"${A}:80\", \"${B}\", \"81\"]\n    privileged: ${P:-no}\n    init: ${I}\n    mem_limit: ${M:-1g}\n"
      "    mem_swappiness: ${S}\n",
      {}, declare::Mode::verbatim);
  CHECK(kept.at("ports").at(0) == "${A}:80");
  CHECK(kept.at("ports").at(1) == "${B}");
  CHECK(kept.at("ports").at(2).at("target") == 81);
  CHECK(kept.at("privileged") == "${P:-no}");
  CHECK(kept.at("init") == "${I}");
  CHECK(kept.at("mem_limit") == "${M:-1g}");
  CHECK(kept.at("mem_swappiness") == "${S}");
}

TEST_CASE("config shows a variable without a value as null, and merges files of variables in") {
  const Files files{{"stack.yaml", "services: {web: {image: x, env_file: a.env, environment: [B=2, C, D]}}\n"},
                    {"a.env", "A=1\nB=1\n"}};
  const auto service = model_of(files, {{"D", "4"}}).at("services").at("web");
  CHECK(service.at("environment").dump() == R"({"A":"1","B":"2","C":null,"D":"4"})");
  CHECK_FALSE(service.contains("env_file"));
}

TEST_CASE("config leaves out saasctl's own keys and what nobody uses") {
  const auto model = model_of(
      {{"stack.yaml",
        "name: shop\nservices:\n  web: {image: x, ports: [80], ready: {tcp: 80}, secrets: [used], volumes: "
        "[\"data:/d\"]}\n"
        "volumes: {data: , other: }\nsecrets:\n  used: {file: used.txt, generate: empty}\n  other: {file: o.txt}\n"
        "verify: []\nrender: {}\n"}});
  CHECK_FALSE(model.at("services").at("web").contains("ready"));
  CHECK(model.at("volumes").dump() == R"({"data":{"name":"shop_data"}})");
  CHECK(model.at("secrets").size() == 1);
  CHECK(model.at("secrets").at("used").at("name") == "shop_used");
  CHECK(std::filesystem::path(model.at("secrets").at("used").at("file").get<std::string>()).is_absolute());
  CHECK_FALSE(model.at("secrets").at("used").contains("generate"));
  CHECK_FALSE(model.contains("verify"));
  CHECK_FALSE(model.contains("render"));
}

TEST_CASE("config of some services has only what these use") {
  const auto model = model_of({{"stack.yaml",
                                "services: {a: {image: x, networks: [one]}, b: {image: y, networks: [two]}}\n"
                                "networks: {one: , two: }\n"}},
                              {}, declare::Mode::resolve, {"b"});
  CHECK(model.at("services").size() == 1);
  CHECK(model.at("networks").size() == 1);
  CHECK(model.at("networks").contains("two"));
}

TEST_CASE("config prints the mode of a file in octal, that of a tmpfs as a number, and a path that is not to be made") {
  const auto service =
      web("    volumes: [{type: tmpfs, target: /t, tmpfs: {mode: 01777}}, {type: bind, source: /a, target: /b, "
          "bind: {create_host_path: false}}]\n    sysctls: [a.b]\n");
  CHECK(service.at("volumes").at(0).at("tmpfs").at("mode") == 01777);
  CHECK(service.at("volumes").at(1).at("bind").dump() == R"({"create_host_path":false})");
  CHECK(service.at("sysctls").at("a.b") == "");
  CHECK_FALSE(web("    volumes: [{type: tmpfs, target: /t, tmpfs: {mode: 0}}]\n")
                  .at("volumes")
                  .at(0)
                  .at("tmpfs")
                  .contains("mode"));
  const auto granted =
      web("    configs: [{source: c, mode: 0440}, {source: c, target: d, mode: 256}, {source: c, target: e, "
          "mode: \"0o444\"}]\nconfigs: {c: {content: x}}\n")
          .at("configs");
  CHECK(granted.at(0).at("mode") == "0440");
  CHECK(granted.at(1).at("mode") == "0400");
  CHECK(granted.at(2).at("mode") == "0444");
  CHECK(render::to_yaml(granted.at(0)).find("mode: \"0440\"") != std::string::npos);
}

TEST_CASE("config prints the number of containers in deploy as well, when there is a deploy") {
  CHECK(web("    scale: 2\n    deploy: {labels: {a: b}}\n").at("deploy").at("replicas") == 2);
  CHECK(web("    scale: 0\n    deploy: {}\n").at("deploy").at("replicas") == 0);
  CHECK_FALSE(web("    scale: 2\n").contains("deploy"));
  CHECK_FALSE(web("    scale: 2\n    deploy:\n").contains("deploy"));
}

TEST_CASE("config prints sources of mounts that are absolute or of Windows as they are written") {
  const auto sources = [](const std::string& source) {
    return web("    volumes: ['" + source + ":/t/']\n").at("volumes").at(0).at("source").get<std::string>();
  };
  CHECK(sources("/q/") == "/q/");
  CHECK(sources("//a/../b") == "//a/../b");
  CHECK(sources(R"(C:\x\..\y)") == R"(C:\x\..\y)");
  CHECK(sources("./a/../b/").ends_with("/b"));
  CHECK(std::filesystem::path(sources("./a")).is_absolute());
  const auto model = model_of({{"stack.yaml",
                                "services: {a: {image: x, volumes: [\"v:/v\"]}}\nvolumes: {v: {driver: local, "
                                "driver_opts: {type: none, o: bind, device: ./here}}}\n"}});
  const auto device = model.at("volumes").at("v").at("driver_opts").at("device").get<std::string>();
  CHECK((std::filesystem::path(device).is_absolute() && device.ends_with("/here")));
}

TEST_CASE("what config prints as YAML is read back as the same model") {
  const std::string text =
      "name: shop\nservices:\n  web:\n    image: nginx\n    command: [sh, -c, \"echo $$HOME\"]\n"
      "    ports: [\"80\", \"8080:81\"]\n    environment: {A: \"yes\", B: \"a: b\", C: \"1\\n2\"}\n"
      "    secrets: [{source: s, mode: 256}]\n    healthcheck: {test: curl x, interval: 1m30s}\n    ulimits: {nproc: "
      "5}\n    volumes: [\"data:/d\"]\n"
      "volumes:\n  data:\nsecrets: {s: {environment: S}}\n";
  const auto first = model_of({{"stack.yaml", text}});
  CHECK(model_of({{"stack.yaml", render::to_yaml(first)}}) == first);
}

TEST_CASE("a path below the home folder is expanded wherever docker compose expands it") {
  const ProjectFiles files(Files{{"stack.yaml",
                                  "services:\n  web:\n    image: x\n    env_file: ~/env\n    label_file: ~/env\n"
                                  "    secrets: [s]\n    configs: [c]\n"
                                  "    volumes: [\"~/v:/v\", \"~root/v:/w\", \"d:/d\"]\n"
                                  "    build: {context: ~/c, dockerfile: ~/D, additional_contexts: {o: ~/o}, ssh: "
                                  "[\"k=~/k\"]}\n    develop: {watch: [{path: ~/p, action: rebuild}]}\n"
                                  "secrets: {s: {file: ~/s}}\nconfigs: {c: {file: ~root/c}}\n"
                                  "volumes: {d: {driver: local, driver_opts: {o: bind, device: ~/d}}}\n"},
                                 {"home/env", "A=home\n"}});
  const auto home = (files.folder() / "home").string();
  const auto project = files.project({{"HOME", home}});
  CHECK(project.services.at(0).spec.develop->watch.at(0).path == home + "/p");
  const auto model = render::config_model(project, declare::Mode::resolve, {});
  CHECK(model.at("secrets").at("s").at("file") == home + "/s");
  CHECK(model.at("configs").at("c").at("file") == home + "/root/c");
  CHECK(model.at("volumes").at("d").at("driver_opts").at("device") == home + "/d");
  const auto& service = model.at("services").at("web");
  CHECK(service.at("environment").at("A") == "home");
  CHECK(service.at("labels").at("A") == "home");
  CHECK(service.at("volumes").at(0).at("source") == home + "/v");
  CHECK(service.at("volumes").at(1).at("source") == home + "/root/v");
  CHECK(service.at("build").at("context") == home + "/c");
  CHECK(service.at("build").at("dockerfile") == "~/D");
  CHECK(service.at("build").at("additional_contexts").at("o") == home + "/o");
  CHECK(service.at("build").at("ssh").at(0) == "k: " + home + "/k");
  CHECK(service.at("develop").at("watch").at(0).at("path") == home + "/p");
}

TEST_CASE("without HOME a tilde is a part of the name") {
  const auto home_of = [](const std::string& home) {
    return [home](std::string_view) { return home.empty() ? std::nullopt : std::optional(home); };
  };
  CHECK(with_home("~/a", home_of("")) == "~/a");
  CHECK(with_home("~/a", home_of("/h")) == "/h/a");
  CHECK(with_home("~//a", home_of("/h")) == "/h/a");
  CHECK(with_home("~", home_of("/h")) == "/h");
  CHECK(with_home("~b", home_of("/h")) == "/h/b");
  CHECK(with_home("a/~", home_of("/h")) == "a/~");
}

TEST_CASE("many configs are printed in linear time") {
  std::map<std::size_t, Project> projects;
  CHECK(test::grows_linearly(2'000, [&](std::size_t count) {
    auto& project = projects[count];
    if (project.services.empty()) {
      std::string grants, configs;
      for (std::size_t i = 0; i < count; ++i) {
        grants += "c" + std::to_string(i) + ", ";
        configs += "  c" + std::to_string(i) + ": {content: x}\n";
      }
      project = ProjectFiles(Files{{"stack.yaml",
                                    "services: {web: {image: x, configs: [" + grants + "]}}\nconfigs:\n" + configs}})
                    .project();
    }
    REQUIRE(render::config_model(project, declare::Mode::resolve, {}).at("configs").size() == count);
  }));
}

}  // namespace saasctl::config_test
