#include "project/files.hpp"
#include "project/service.hpp"
#include "project_files.hpp"
#include "util/descriptor.hpp"
#include "util/input.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <thread>

namespace saasctl::files_test {

using namespace saasctl::project;

namespace {

namespace fs = std::filesystem;

const std::string web = "services: {web: {image: x, user: \"${U:-none}\"}}\n";

// What is chosen in the folder, file names relative to it.
std::string chosen(const ProjectFiles& files, Inputs inputs) {
  if (!inputs.project_directory && inputs.files.empty()) inputs.project_directory = files.folder();
  yaml::Diagnostics diagnostics;
  const auto result = choose_files(inputs, diagnostics);
  if (!result) return result.error().message;
  CHECK(diagnostics.text().empty());
  std::string out;
  for (const auto& file : result->files) out += file.lexically_relative(files.folder()).string() + " ";
  return out;
}

std::string user(const ProjectFiles& files, Inputs inputs) {
  if (inputs.files.empty()) inputs.files = {files.folder() / "stack.yaml"};
  const auto loaded = load(inputs);
  INFO((loaded ? "" : loaded.error().message));
  REQUIRE(loaded);
  return loaded->project.services.at(0).spec.user.value_or("");
}

}  // namespace

TEST_CASE("files that are not named: stack.yaml before Compose's names, each with its override file") {
  ProjectFiles files(Files{{"docker-compose.yml", web}, {"docker-compose.override.yaml", web}, {"compose.yml", web}});
  CHECK(chosen(files, {}) == "compose.yml docker-compose.override.yaml ");
  files.write("stack.yml", web);
  CHECK(chosen(files, {}) == "stack.yml ");
  files.write("stack.override.yaml", web);
  CHECK(chosen(files, {}) == "stack.yml stack.override.yaml ");
}

TEST_CASE("more than one of Compose's names is warned of") {
  const ProjectFiles files(Files{{"docker-compose.yml", web}, {"compose.yml", web}});
  yaml::Diagnostics diagnostics;
  const auto result = choose_files({.project_directory = files.folder()}, diagnostics);
  REQUIRE(result);
  CHECK(result->warnings.at(0).find("docker-compose.yml are there as well, compose.yml is used") != std::string::npos);
}

TEST_CASE("files are looked for in the folders above as well") {
  const ProjectFiles files(Files{{"compose.yaml", web}, {"sub/deep/x", ""}});
  CHECK(chosen(files, {.project_directory = files.folder() / "sub/deep"}) == "compose.yaml ");
}

TEST_CASE("COMPOSE_FILE names files, between the separator that COMPOSE_PATH_SEPARATOR says") {
  const ProjectFiles files(Files{{"stack.yaml", web}, {"a.yaml", web}, {"b.yaml", web}});
  const auto a = (files.folder() / "a.yaml").string(), b = (files.folder() / "b.yaml").string();
  CHECK(chosen(files, {.environment = {{"COMPOSE_FILE", a + ":" + b}}}) == "a.yaml b.yaml ");
  CHECK(chosen(files, {.environment = {{"COMPOSE_FILE", a + "," + b}, {"COMPOSE_PATH_SEPARATOR", ","}}}) ==
        "a.yaml b.yaml ");
  CHECK(chosen(files, {.files = {b}, .environment = {{"COMPOSE_FILE", a}}}) == "b.yaml ");
  files.write(".env", "COMPOSE_FILE=" + a + "\n");
  CHECK(chosen(files, {}) == "a.yaml ");
}

TEST_CASE("a variable's value: the process, then the later --env-file, then .env") {
  const ProjectFiles files(
      Files{{"stack.yaml", web}, {".env", "U=dot\n"}, {"one.env", "U=one\n"}, {"two.env", "U=two-${U}\n"}});
  const auto one = files.folder() / "one.env", two = files.folder() / "two.env";
  CHECK(user(files, {}) == "dot");
  CHECK(user(files, {.env_files = {one}}) == "one");
  CHECK(user(files, {.env_files = {one, two}}) == "two-one");
  CHECK(user(files, {.environment = {{"U", "process"}}, .env_files = {one}}) == "process");
  CHECK(user(files, {.environment = {{"COMPOSE_ENV_FILES", one.string() + "," + two.string()}}}) == "two-one");
  CHECK(user(files, {.environment = {{"COMPOSE_DISABLE_ENV_FILE", "true"}}}) == "none");
}

TEST_CASE("the working folder's .env goes before that of the project's folder") {
  const ProjectFiles files(
      Files{{"s/stack.yaml", web}, {"s/.env", "U=project-${V:-}\n"}, {"here/.env", "U=here\nV=v\n"}});
  const auto before = fs::current_path();
  fs::current_path(files.folder() / "here");
  const auto loaded = load({.environment = {{"COMPOSE_FILE", "../s/stack.yaml"}}});
  files.write("here/.env", "COMPOSE_FILE=../s/stack.yaml\nU=here\n");
  const auto named = load({});
  fs::current_path(before);
  REQUIRE(loaded);
  CHECK(loaded->project.services.at(0).spec.user == "here");
  REQUIRE(named);
  CHECK(named->project.services.at(0).spec.user == "here");
}

TEST_CASE("PWD is the working folder when the process does not have it, and the process's when it has") {
  const ProjectFiles files(Files{{"stack.yaml", "services: {web: {image: x, user: \"${PWD}\"}}\n"}, {"sub/a", ""}});
  const auto before = fs::current_path();
  const auto sub = files.folder() / "sub";
  fs::current_path(sub);
  const auto unset = load({});
  const auto stale = load({.environment = {{"PWD", "/elsewhere"}}});
  fs::current_path(before);
  REQUIRE(unset);
  CHECK(unset->project.services.at(0).spec.user == sub.string());
  REQUIRE(stale);
  CHECK(stale->project.services.at(0).spec.user == "/elsewhere");
  CHECK(stale->project.folder == files.folder());
}

TEST_CASE("a working folder that was entered through a link keeps the link's name") {
  const ProjectFiles files(Files{{"releases/42/stack.yaml", "services: {web: {image: x, volumes: [\"./d:/d\"]}}\n"}});
  const auto link = files.folder() / "shop";
  fs::create_directory_symlink(files.folder() / "releases/42", link);
  const auto before = fs::current_path();
  fs::current_path(link);
  const auto named = load({.environment = {{"PWD", link.string()}}});
  const auto unnamed = load({});
  fs::current_path(before);
  REQUIRE(named);
  CHECK(named->project.name == "shop");
  CHECK(named->project.services.at(0).spec.volumes.at(0).source == (link / "d").string());
  REQUIRE(unnamed);
  CHECK(unnamed->project.name == "42");
}

TEST_CASE("the project's variables are those of the files as well, for whoever reads them later") {
  const ProjectFiles files(Files{{"stack.yaml", "name: shop\n" + web}, {".env", "TOKEN=dot\nU=dot\n"}});
  const auto loaded = load({.files = {files.folder() / "stack.yaml"}, .environment = {{"U", "process"}}});
  REQUIRE(loaded);
  const auto& environment = loaded->project.environment;
  CHECK(environment.at("TOKEN") == "dot");
  CHECK(environment.at("U") == "process");
  CHECK(environment.at("COMPOSE_PROJECT_NAME") == "shop");
}

TEST_CASE("an --env-file that is not there is an error") {
  const ProjectFiles files(Files{{"stack.yaml", web}});
  const auto loaded = load({.files = {files.folder() / "stack.yaml"}, .env_files = {files.folder() / "no.env"}});
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().message.find("no.env: No such file") != std::string::npos);
  CHECK(loaded.error().message.find("create it, or name another file with --env-file") != std::string::npos);
}

TEST_CASE("the name of the project is the variable COMPOSE_PROJECT_NAME in the files") {
  const ProjectFiles files(Files{
      {"stack.yaml", "name: \"shop-${X:-y}\"\nservices: {web: {image: x, user: \"${COMPOSE_PROJECT_NAME}\"}}\n"}});
  CHECK(user(files, {}) == "shop-y");
  CHECK(user(files, {.project_name = "mine"}) == "mine");
  CHECK(user(files, {.environment = {{"COMPOSE_PROJECT_NAME", "env"}}}) == "env");
}

TEST_CASE("a name in the file is made one as Compose makes it, and services get it without a value") {
  const ProjectFiles files(
      Files{{"stack.yaml", "name: _My.App\nservices: {web: {image: x, environment: [COMPOSE_PROJECT_NAME]}}\n"}});
  const auto project = files.project();
  CHECK(project.name == "myapp");
  CHECK(*project.services.at(0).spec.environment.find("COMPOSE_PROJECT_NAME") == "myapp");
}

TEST_CASE("a file without an active service says which profiles there are") {
  const ProjectFiles files(Files{{"stack.yaml", "services: {web: {image: x, profiles: [b, a]}}\n"}});
  const auto loaded = files.load();
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().message == "no service is active: each has profiles, and none of them is: a, b");
  CHECK(loaded.error().hint == "add --profile a, or set COMPOSE_PROFILES");
  CHECK(load({.files = {files.folder() / "stack.yaml"}, .may_be_inactive = true}));
}

TEST_CASE("profiles come from the option, else from COMPOSE_PROFILES") {
  const ProjectFiles files(Files{{"stack.yaml", web}});
  yaml::Diagnostics diagnostics;
  const yaml::Variables environment{{"COMPOSE_PROFILES", "a, b"}};
  const auto folder = files.folder();
  CHECK(choose_files({.environment = environment, .project_directory = folder}, diagnostics)->profiles ==
        std::vector<std::string>{"a", "b"});
  CHECK(choose_files({.environment = environment, .project_directory = folder, .profiles = {"c"}}, diagnostics)
            ->profiles == std::vector<std::string>{"c"});
}

TEST_CASE("paths of later files start in the folder of the first, or in --project-directory") {
  const ProjectFiles files(Files{{"one/a.yaml", "services: {web: {image: x}}\n"},
                                 {"two/b.yaml", "services: {web: {volumes: [\"./v:/v\"]}}\n"}});
  Inputs inputs{.files = {files.folder() / "one/a.yaml", files.folder() / "two/b.yaml"}};
  const auto source = [&] { return load(inputs)->project.services.at(0).spec.volumes.at(0).source.value_or(""); };
  CHECK(source() == (files.folder() / "one/v").string());
  inputs.project_directory = files.folder() / "three";
  CHECK(source() == (files.folder() / "three/v").string());
}

TEST_CASE("files that are no regular files: a folder and an endless device are refused, an empty device is empty") {
  const ProjectFiles files(Files{{"stack.yaml", web}, {".env", "U=dot\n"}});
  const auto stack = files.folder() / "stack.yaml";
  const auto text = [](Inputs inputs) { return load(inputs).error().message; };
  CHECK(text({.files = {files.folder()}}).find("it is a folder") != std::string::npos);
  CHECK(text({.files = {"/dev/zero"}}).find("/dev/zero: it is larger than 16 MiB, the limit for a stack file") !=
        std::string::npos);
  CHECK(text({.files = {stack}, .env_files = {"/dev/zero"}}).find("/dev/zero: it is larger than 16 MiB") !=
        std::string::npos);
  CHECK(user(files, {.env_files = {"/dev/null"}}) == "none");
  CHECK(user(files, {.files = {stack, "/dev/null"}}) == "dot");
  CHECK(text({.files = {"/dev/null"}}).find("the file is empty") != std::string::npos);
}

// A pipe that holds the text, open for reading as /dev/stdin is.
class FilledPipe {
 public:
  explicit FilledPipe(const std::string& text) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    reader_ = Descriptor(ends[0]);
    const Descriptor writer(ends[1]);
    REQUIRE(::write(writer.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  fs::path path() const { return "/proc/self/fd/" + std::to_string(reader_.get()); }

 private:
  Descriptor reader_;
};

TEST_CASE("stack files, env files and label files may come through pipes") {
  const ProjectFiles files(Files{{"stack.yaml", web}, {"inner.yaml", "services: {in: {image: \"${I}\"}}\n"}});
  const FilledPipe stack(web), variables("U=piped\n"), env("A=1\n"), labels("l=2\n"), included("I=image\n");
  CHECK(user(files, {.files = {stack.path()}, .project_directory = files.folder()}) == "none");
  CHECK(user(files, {.env_files = {variables.path()}}) == "piped");
  files.write("stack.yaml", "include: [{path: inner.yaml, env_file: " + included.path().string() +
                                "}]\nservices: {web: {image: x, env_file: " + env.path().string() +
                                ", label_file: " + labels.path().string() + "}}\n");
  const auto project = files.project();
  CHECK(project.find("in")->image == "image");
  CHECK(project.find("web")->spec.environment.find("A")->value() == "1");
  CHECK(project.find("web")->spec.labels.find("l")->value() == "2");
}

TEST_CASE("the wait for a pipe that nobody writes into ends when the token is set") {
  const ProjectFiles files(Files{{"with-env.yaml", "services: {web: {image: x, env_file: pipe}}\n"},
                                 {"with-labels.yaml", "services: {web: {image: x, label_file: pipe}}\n"},
                                 {"with-profile.yaml", "services: {web: {image: x, security_opt: [seccomp=pipe]}}\n"},
                                 {"with-include.yaml", "include: [{path: a.yaml, env_file: pipe}]\n"},
                                 {"a.yaml", web}});
  const auto pipe = files.folder() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const auto whole = [&](const char* name) { return files.folder() / name; };
  std::vector<Inputs> all{{.files = {pipe}}, {.files = {whole("a.yaml")}, .env_files = {pipe}}};
  for (const char* name : {"with-env.yaml", "with-labels.yaml", "with-profile.yaml", "with-include.yaml"})
    all.push_back({.files = {whole(name)}});
  for (auto& inputs : all) {
    INFO(inputs.files.front());
    std::stop_source stop;
    inputs.stop = stop.get_token();
    const std::jthread later([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
      stop.request_stop();
    });
    const auto start = std::chrono::steady_clock::now();
    const auto loaded = load(inputs);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().kind == ErrorKind::interrupted);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  }
}

TEST_CASE("a pipe is no secret, config or template: they are read more than once") {
  const ProjectFiles files(
      Files{{"stack.yaml", "services: {web: {image: x, secrets: [s]}}\nsecrets: {s: {file: pipe}}\n"}});
  REQUIRE(::mkfifo((files.folder() / "pipe").c_str(), 0600) == 0);
  const auto project = files.project();
  const auto content = read_content(project.secrets.at(0), [](std::string_view) { return std::nullopt; });
  REQUIRE_FALSE(content);
  CHECK(content.error().message.find("pipe: it is a pipe") != std::string::npos);
  auto endless_secret = project.secrets.at(0);
  endless_secret.file = "/dev/zero";
  const auto endless = read_content(endless_secret, [](std::string_view) { return std::nullopt; });
  CHECK(endless.error().message ==
        "cannot read /dev/zero: it is larger than 128 MiB, the limit for a secret or config");
}

TEST_CASE("a stack file or .env that is a link to itself is an error with the reason") {
  const ProjectFiles files(Files{{"b/stack.yaml", web}});
  fs::create_directory(files.folder() / "a");
  fs::create_symlink("stack.yaml", files.folder() / "a/stack.yaml");
  fs::create_symlink(".env", files.folder() / "b/.env");
  for (const char* folder : {"a", "b"}) {
    const auto loaded = load({.project_directory = files.folder() / folder});
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().message.find("Too many levels of symbolic links") != std::string::npos);
  }
}

TEST_CASE("an .env over the limit is said to be too large, not to be missing") {
  const ProjectFiles files(Files{{"stack.yaml", web}, {".env", "A=" + std::string(16 * mebibyte, 'x')}});
  const auto text = load({.project_directory = files.folder()}).error().message;
  CHECK(text.find(".env: it is larger than 16 MiB, the limit for a file of variables") != std::string::npos);
  CHECK(text.find("create it") == std::string::npos);
}

TEST_CASE("errors of every file come in one run") {
  const ProjectFiles files(Files{{"a.yaml", "services: {web: {imge: x}}\n"},
                                 {"b.yaml", "services: {web: {image: x, mem_limit: much}}\n"},
                                 {"c.yaml", "services: [\n"}});
  const auto folder = files.folder();
  const auto text = load({.files = {folder / "a.yaml", folder / "b.yaml", folder / "c.yaml"}}).error().message;
  CHECK(text.find("a.yaml:1:18: error:") != std::string::npos);
  CHECK(text.find("b.yaml:1:39: error: 'much'") != std::string::npos);
  CHECK(text.find("c.yaml:2:1: error: not valid YAML") != std::string::npos);
}

}  // namespace saasctl::files_test
