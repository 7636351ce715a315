// Names of files that must lie below a folder, and templates that try to leave the project.
#include "util/inner_path.hpp"

#include "project_files.hpp"
#include "render/render.hpp"

namespace saasctl::inner_path_test {

using namespace saasctl::project;
namespace fs = std::filesystem;

namespace {

const Files with_template{{"stack.yaml", "services: {a: {template: t}}\n"},
                          {"templates/t/template.yaml", "files: {Dockerfile: D.m}\n"},
                          {"templates/t/D.m", "FROM scratch\n"}};

std::string error_of(Files files, const std::string& name, const std::string& text) {
  files[name] = text;
  return ProjectFiles(files).error({}, declare::Mode::verbatim);
}

}  // namespace

TEST_CASE("inner names: what names no file, leads out, or is not printable is refused") {
  for (const std::string good : {"a", "./a", "a/b", "a/../b", "..a", "a b", "ü"}) {
    INFO(good);
    CHECK_FALSE(inner_name_fault(good, "here"));
  }
  const std::pair<std::string, std::string> bad[] = {
      {"", "'' is not a file name"},
      {"a/", "'a/' is not a file name"},
      {"a/..", "'a/..' is not a file name"},
      {"/etc/passwd", "'/etc/passwd' lies outside here"},
      {"../a", "'../a' lies outside here"},
      {"a/../../b", "'a/../../b' lies outside here"},
      {"a\nb", "'a\\nb' has characters that are not printable"},
      {"\x1b[31m", "'\\x1b[31m' has characters that are not printable"},
      {std::string("a\0b", 3), "'a\\x00b' has characters that are not printable"},
      {"\xff", "'\\xff' has characters that are not printable"},
  };
  for (const auto& [name, message] : bad) {
    const auto fault = inner_name_fault(name, "here");
    REQUIRE(fault);
    CHECK(fault->message == message);
  }
}

TEST_CASE("a template's files and the keys of render stay in the project by name") {
  const auto spec = [](const std::string& files) {
    return error_of(with_template, "templates/t/template.yaml", "files: {" + files + "}\n");
  };
  CHECK(spec("../../../pwn: D.m").find("template.yaml:1:9: error: '../../../pwn' lies outside the service's folder") !=
        std::string::npos);
  CHECK(spec("/tmp/pwn: D.m").find("'/tmp/pwn' lies outside the service's folder") != std::string::npos);
  CHECK(spec("Dockerfile: /etc/hostname").find("'/etc/hostname' lies outside the template's folder") !=
        std::string::npos);
  CHECK(spec("Dockerfile: ../../../etc/hostname").find("lies outside the template's folder") != std::string::npos);
  CHECK(spec("\"a\\nb\": D.m").find("'a\\nb' has characters that are not printable") != std::string::npos);
  const auto render = [](const std::string& entry) {
    return error_of(with_template, "stack.yaml", "services: {a: {image: x}}\nrender:\n  " + entry + "\n");
  };
  CHECK(render("x: {template: ../../../etc/hostname}")
            .find("stack.yaml:3:17: error: '../../../etc/hostname' lies outside templates/") != std::string::npos);
  CHECK(render("x: {template: /etc/hostname}").find("lies outside templates/") != std::string::npos);
  CHECK(render("\"a\\eb\": {variables: true}").find("'a\\x1bb' has characters that are not printable") !=
        std::string::npos);
}

TEST_CASE("a template's files stay in the project whatever links there are") {
  const ProjectFiles outside(Files{{"t/template.yaml", "files: {Dockerfile: D.m}\n"}, {"t/D.m", "outside\n"}});
  const auto error_with = [&](const std::string& link, const std::string& target) {
    const ProjectFiles files(with_template);
    fs::remove_all(files.folder() / link);
    fs::create_symlink(outside.folder() / target, files.folder() / link);
    return files.error({}, declare::Mode::verbatim);
  };
  CHECK(error_with("templates/t/D.m", "t/D.m").find("D.m leads out of the project's folder") != std::string::npos);
  CHECK(error_with("templates/t/template.yaml", "t/template.yaml").find("template 't' leads out") != std::string::npos);
  CHECK(error_with("templates/t", "t").find("template 't' leads out of the project's folder") != std::string::npos);
  CHECK(error_with("templates", "").find("template 't' leads out of the project's folder") != std::string::npos);
  const ProjectFiles inside(with_template);
  fs::rename(inside.folder() / "templates/t/D.m", inside.folder() / "common.m");
  fs::create_symlink("../../common.m", inside.folder() / "templates/t/D.m");
  CHECK(inside.error({}, declare::Mode::verbatim).empty());
}

TEST_CASE("the stack file's name cannot end the comment it is named in") {
  const ProjectFiles files(with_template);
  fs::rename(files.folder() / "stack.yaml", files.folder() / "we\nird\x1b.yaml");
  const auto loaded = load({.files = {files.folder() / "we\nird\x1b.yaml"}, .mode = declare::Mode::verbatim});
  REQUIRE(loaded);
  const auto rendered = render::render_all(loaded->project);
  REQUIRE(rendered);
  CHECK(rendered->at(0).text ==
        "# made by `saasctl render` from we\\nird\\x1b.yaml; edit that file, then run it again.\nFROM scratch\n");
  CHECK(render::is_rendered(rendered->at(0).text));
}

}  // namespace saasctl::inner_path_test
