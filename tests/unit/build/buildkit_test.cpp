#include <sys/stat.h>
#include <sys/xattr.h>

#include <fstream>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "build/build_call.hpp"
#include "build/filesync.hpp"
#include "build/services.hpp"
#include "catch.hpp"
#include "local_server.hpp"
#include "temporary_folder.hpp"
#include "util/digest.hpp"

namespace saasctl::buildkit_test {

using namespace saasctl::build;

namespace {

struct Stat {
  std::string path;
  std::uint32_t mode = 0;
  std::int64_t size = 0;
  std::string link;
  std::map<std::string, std::string> attributes;
};

std::pair<std::string, std::string> parse_attribute(protozero::pbf_reader reader) {
  std::pair<std::string, std::string> out;
  while (reader.next()) (reader.tag() == 1 ? out.first : out.second) = reader.get_bytes();
  return out;
}

struct Packet {
  std::int32_t type = 0;
  std::optional<Stat> stat;
  std::uint32_t id = 0;
  std::string data;
};

Stat parse_stat(protozero::pbf_reader reader) {
  Stat stat;
  while (reader.next()) {
    if (reader.tag() == 1)
      stat.path = reader.get_string();
    else if (reader.tag() == 2)
      stat.mode = reader.get_uint32();
    else if (reader.tag() == 5)
      stat.size = reader.get_int64();
    else if (reader.tag() == 7)
      stat.link = reader.get_string();
    else if (reader.tag() == 10)
      stat.attributes.insert(parse_attribute(reader.get_message()));
    else
      reader.skip();
  }
  return stat;
}

// Takes everything a call has to say now.
std::vector<std::string> drain(grpc::Call& call) {
  std::string bytes;
  for (;;) {
    if (call.pending().empty() && !call.finished()) call.produce();
    if (call.pending().empty()) break;
    bytes += call.pending();
    call.take(call.pending().size());
  }
  std::vector<std::string> messages;
  grpc::FrameReader reader;
  REQUIRE(reader.feed(bytes, [&](std::string_view m) { messages.emplace_back(m); }).code == grpc::Code::ok);
  return messages;
}

std::vector<Packet> packets(grpc::Call& call) {
  std::vector<Packet> out;
  for (const auto& message : drain(call)) {
    Packet packet;
    protozero::pbf_reader reader(message.data(), message.size());
    while (reader.next()) {
      if (reader.tag() == 1)
        packet.type = reader.get_enum();
      else if (reader.tag() == 2)
        packet.stat = parse_stat(reader.get_message());
      else if (reader.tag() == 3)
        packet.id = reader.get_uint32();
      else if (reader.tag() == 4)
        packet.data = reader.get_bytes();
      else
        reader.skip();
    }
    out.push_back(std::move(packet));
  }
  return out;
}

std::string packet(std::int32_t type, std::uint32_t id = 0) {
  std::string out;
  protozero::pbf_writer writer(out);
  writer.add_enum(1, type);
  writer.add_uint32(3, id);
  return out;
}

std::string text_request(const std::string& text) {
  std::string out;
  protozero::pbf_writer(out).add_string(1, text);
  return out;
}

constexpr int request = 1, data = 2, finish = 3;

void write(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("modes are Go's") {
  CHECK(go_file_mode(S_IFREG | 0644) == 0644u);
  CHECK(go_file_mode(S_IFDIR | 0755) == (0755u | 1u << 31));
  CHECK(go_file_mode(S_IFLNK | 0777) == (0777u | 1u << 27));
  CHECK(go_file_mode(S_IFREG | 06755) == (0755u | 1u << 23 | 1u << 22));
  CHECK(go_file_mode(S_IFDIR | 01777) == (0777u | 1u << 31 | 1u << 20));
}

TEST_CASE("a folder is offered by its Stats and only requested files are sent") {
  const TemporaryFolder folder;
  const std::string large(100'000, 'l');
  write(folder.path() / "a/one", "1");
  write(folder.path() / "b", large);
  std::filesystem::create_symlink("b", folder.path() / "c");
  const auto call = make_diff_copy({{"context", folder.path()}}, {{"dir-name", "context"}});
  const auto offered = packets(*call);
  REQUIRE(offered.size() == 5);
  CHECK(offered[0].stat->path == "a");
  CHECK((offered[0].stat->mode & 1u << 31) != 0);
  CHECK(offered[1].stat->path == "a/one");
  CHECK(offered[2].stat->size == 100'000);
  CHECK(offered[3].stat->link == "b");
  CHECK_FALSE(offered[4].stat);

  call->on_message(packet(request, 2));
  call->on_message(packet(request, 1));
  std::map<std::uint32_t, std::string> content;
  const auto sent = packets(*call);
  for (const auto& p : sent) {
    CHECK(p.type == data);
    content[p.id] += p.data;
  }
  CHECK(content == std::map<std::uint32_t, std::string>{{2, large}, {1, "1"}});
  CHECK(sent.back().id == 1);
  CHECK(sent.back().data.empty());
  CHECK_FALSE(call->finished());

  call->on_message(packet(finish));
  const auto last = packets(*call);
  REQUIRE(last.size() == 1);
  CHECK(last[0].type == finish);
  CHECK(call->finished());
  CHECK(call->status().code == grpc::Code::ok);
}

TEST_CASE("patterns of the metadata choose what is offered") {
  const TemporaryFolder folder;
  for (const auto* path : {"Dockerfile", ".dockerignore", "src/a.cpp", "src/a.o", "doc/x"})
    write(folder.path() / path, "x");
  const auto paths = [&](const grpc::Metadata& metadata) {
    const auto call = make_diff_copy({{"context", folder.path()}}, metadata);
    std::vector<std::string> out;
    for (const auto& p : packets(*call)) {
      if (p.stat) out.push_back(p.stat->path);
    }
    return out;
  };
  using Paths = std::vector<std::string>;
  CHECK(paths({{"dir-name", "context"}, {"followpaths", ".dockerignore"}}) == Paths{".dockerignore"});
  CHECK(paths({{"dir-name", "context"}, {"exclude-patterns", "**/*.o"}, {"exclude-patterns", "doc"}}) ==
        Paths{".dockerignore", "Dockerfile", "src", "src/a.cpp"});
  CHECK(paths({{"dir-name", "context"},
               {"include-patterns", "src"},
               {"exclude-patterns", "src/*"},
               {"exclude-patterns", "!src/a.o"}}) == Paths{"src", "src/a.o"});
}

TEST_CASE("what can not be offered or read fails with a reason") {
  const TemporaryFolder folder;
  write(folder.path() / "file", "x");
  const auto unknown = make_diff_copy({{"context", folder.path()}}, {{"dir-name", "home"}});
  CHECK(unknown->status().code == grpc::Code::not_found);
  const auto bad = make_diff_copy({{"context", folder.path()}}, {{"dir-name", "context"}, {"exclude-patterns", "[a"}});
  CHECK(bad->status().code == grpc::Code::invalid_argument);

  const auto call = make_diff_copy({{"context", folder.path()}}, {{"dir-name", "context"}});
  CHECK(packets(*call).size() == 2);
  std::filesystem::remove(folder.path() / "file");
  REQUIRE(::mkfifo((folder.path() / "file").c_str(), 0600) == 0);
  call->on_message(packet(request, 0));
  CHECK(packets(*call).back().data.empty());

  const auto confused = make_diff_copy({{"context", folder.path()}}, {{"dir-name", "context"}});
  packets(*confused);
  confused->on_message(packet(request, 77));
  CHECK(confused->status().code == grpc::Code::invalid_argument);
  const auto damaged = make_diff_copy({{"context", folder.path()}}, {{"dir-name", "context"}});
  damaged->on_message("\xff\xff\xff");
  CHECK(damaged->status().code == grpc::Code::invalid_argument);
}

TEST_CASE("a file that has vanished or is another kind of file by now is sent empty, with a warning") {
  for (const bool becomes_folder : {false, true}) {
    const TemporaryFolder folder;
    write(folder.path() / "a", "aaa");
    write(folder.path() / "b", "bbb");
    std::vector<std::string> warnings;
    const auto call = make_diff_copy({{"context", folder.path()}}, {{"dir-name", "context"}},
                                     {.warn = [&](const std::string& text) { warnings.push_back(text); }});
    REQUIRE(packets(*call).size() == 3);
    std::filesystem::remove(folder.path() / "a");
    if (becomes_folder) std::filesystem::create_directory(folder.path() / "a");
    call->on_message(packet(request, 0));
    call->on_message(packet(request, 1));
    const auto sent = packets(*call);
    REQUIRE(sent.size() == 3);
    CHECK(sent[0].type == data);
    CHECK(sent[0].id == 0);
    CHECK(sent[0].data.empty());
    CHECK(sent[1].data == "bbb");
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].find((folder.path() / "a").string() + " has changed while the context was sent") == 0);
  }
}

TEST_CASE("a further name of a file is a link to its first one, and attributes of users come along") {
  const TemporaryFolder folder;
  write(folder.path() / "a", "aaa");
  std::filesystem::create_hard_link(folder.path() / "a", folder.path() / "b");
  std::filesystem::create_hard_link(folder.path() / "a", folder.path() / "c");
  const bool attributes = ::setxattr((folder.path() / "a").c_str(), "user.note", "kept", 4, 0) == 0;
  const auto call = make_diff_copy({{"context", folder.path()}}, {{"dir-name", "context"}});
  const auto all = packets(*call);
  REQUIRE(all.size() == 4);
  CHECK(all[0].stat->link.empty());
  CHECK(all[0].stat->size == 3);
  CHECK(all[1].stat->link == "a");
  CHECK(all[1].stat->size == 0);
  CHECK(all[2].stat->link == "a");
  if (attributes) CHECK(all[0].stat->attributes == std::map<std::string, std::string>{{"user.note", "kept"}});
  // The first name that is left out is no name to link to.
  const auto some = make_diff_copy({{"context", folder.path()}}, {{"dir-name", "context"}, {"exclude-patterns", "a"}});
  const auto left = packets(*some);
  REQUIRE(left.size() == 3);
  CHECK(left[0].stat->path == "b");
  CHECK(left[0].stat->link.empty());
  CHECK(left[1].stat->link == "b");
}

TEST_CASE("patterns that newer builders escape are read as they are meant") {
  const TemporaryFolder folder;
  for (const auto* name : {"ä b", "a+b", "other"}) write(folder.path() / name, "x");
  const auto call = make_diff_copy({{"context", folder.path()}}, {{"dir-name", "context"},
                                                                  {"include-patterns", "%C3%A4+b"},
                                                                  {"include-patterns", "a%2Bb"},
                                                                  {"include-patterns-encoded", "1"}});
  const auto all = packets(*call);
  REQUIRE(all.size() == 3);
  CHECK(all[0].stat->path == "a+b");
  CHECK(all[1].stat->path == "ä b");
}

TEST_CASE("a walk that finds nothing for long asks to be woken instead of holding the connection") {
  const TemporaryFolder folder;
  std::vector<std::string> names;
  for (int i = 0; i < 700; ++i) {
    names.push_back("a-file-that-is-left-out-" + std::to_string(i));
    write(folder.path() / names.back(), "");
  }
  write(folder.path() / "z", "x");
  grpc::Metadata metadata{{"dir-name", "context"}};
  for (const auto& name : names) metadata.emplace_back("exclude-patterns", "*" + name.substr(1));
  int woken = 0;
  const auto call = make_diff_copy({{"context", folder.path()}}, metadata, {.wake = [&] { ++woken; }});
  std::vector<Packet> all;
  for (int turns = 0; turns < 100'000 && all.size() < 2; ++turns) {
    const auto begun = std::chrono::steady_clock::now();
    for (auto& one : packets(*call)) all.push_back(std::move(one));
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
  }
  CHECK(woken > 0);
  REQUIRE(all.size() == 2);
  CHECK(all[0].stat->path == "z");
}

TEST_CASE("secrets are given by id and otherwise not found") {
  const TemporaryFolder folder;
  write(folder.path() / "s", std::string("se\0cret", 7));
  write(folder.path() / "large", std::string(SecretCall::max_size + 1, 'x'));
  const std::map<std::string, BuildSecret> files{{"id", {.file = folder.path() / "s"}},
                                                 {"bytes", {.content = "of a variable"}},
                                                 {"gone", {.file = folder.path() / "gone"}},
                                                 {"large", {.file = folder.path() / "large"}}};
  SecretCall bytes(files);
  bytes.on_message(text_request("bytes"));
  CHECK(drain(bytes) == std::vector<std::string>{text_request("of a variable")});
  SecretCall known(files);
  known.on_message(text_request("id"));
  const auto answer = drain(known);
  REQUIRE(answer.size() == 1);
  protozero::pbf_reader reader(answer[0].data(), answer[0].size());
  REQUIRE(reader.next(1));
  CHECK(reader.get_bytes() == std::string("se\0cret", 7));
  const std::pair<std::string, grpc::Code> refused[] = {{"HTTP_AUTH_TOKEN_x", grpc::Code::not_found},
                                                        {"gone", grpc::Code::not_found},
                                                        {"large", grpc::Code::internal},
                                                        {"", grpc::Code::not_found}};
  for (const auto& [id, code] : refused) {
    SecretCall call(files);
    call.on_message(text_request(id));
    CHECK(call.status().code == code);
    CHECK(drain(call).empty());
  }
}

TEST_CASE("credentials come from docker's configuration, or are anonymous") {
  const TemporaryFolder folder;
  write(folder.path() / "config.json", R"({"auths":{"r.example:5000":{"auth":")" + base64_encode("me:pass") + "\"}}}");
  for (const auto& [host, expected] :
       {std::pair<std::string, std::string>{"r.example:5000", "me/pass"}, {"other", "/"}}) {
    std::promise<void> woken;
    CredentialsCall call(folder.path(), [&] { woken.set_value(); });
    call.on_message(text_request(host));
    REQUIRE(woken.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
    const auto answer = drain(call);
    REQUIRE(answer.size() == 1);
    std::string username;
    std::string secret;
    protozero::pbf_reader reader(answer[0].data(), answer[0].size());
    while (reader.next()) {
      if (reader.tag() == 1) {
        username = reader.get_string();
      } else {
        secret = reader.get_string();
      }
    }
    CHECK(username + "/" + secret == expected);
    CHECK(call.status().code == grpc::Code::ok);
  }
}

TEST_CASE("health is always serving") {
  HealthCall call;
  call.on_message({});
  CHECK(drain(call) == std::vector<std::string>{"\x08\x01"});
  CHECK(call.finished());
}

TEST_CASE("the parameters of a build are the request's") {
  const BuildRequest request{.tags = {"a:1", "b:2"},
                             .context = "/c",
                             .target = "final",
                             .args = {{"A", "1"}},
                             .cache_from = {"x"},
                             .no_cache = true,
                             .extra_hosts = {"h:1.2.3.4", "i:5.6.7.8"},
                             .shm_size = 1024,
                             .ulimits = {{"nofile", 1, 2}}};
  CHECK(build_parameters(request, "Dockerfile") ==
        engine::Parameters{{"t", "a:1"},
                           {"t", "b:2"},
                           {"dockerfile", "Dockerfile"},
                           {"target", "final"},
                           {"buildargs", R"({"A":"1"})"},
                           {"cachefrom", R"(["x"])"},
                           {"shmsize", "1024"},
                           {"ulimits", R"([{"Hard":2,"Name":"nofile","Soft":1}])"},
                           {"nocache", "1"}});
  CHECK(host_parameters(request, false) ==
        engine::Parameters{{"extrahosts", "h:1.2.3.4"}, {"extrahosts", "i:5.6.7.8"}});
  CHECK(host_parameters(request, true) == engine::Parameters{{"extrahosts", R"(["h:1.2.3.4","i:5.6.7.8"])"}});
}

TEST_CASE("the classic builder gets a tar and its words become steps") {
  const TemporaryFolder folder;
  write(folder.path() / "context/Dockerfile", "FROM scratch\nRUN make\n");
  write(folder.path() / "context/.dockerignore", "*.o\nDockerfile\n");
  write(folder.path() / "context/a.o", "x");
  write(folder.path() / "context/a.c", "x");
  std::string uploaded;
  std::string lines = R"({"stream":"STEP 1/2: FROM scr"})"
                      "\n"
                      R"({"stream":"atch\nSTEP 2/2: RUN make\n"})"
                      "\n"
                      R"({"stream":"cc a.c\n"})"
                      "\n";
  const test::LocalServer server(folder.path() / "s", [&](int connection, const std::string& head, std::stop_token) {
    using test::LocalServer;
    if (head.starts_with("HEAD ")) {
      return LocalServer::write(
          connection, "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nLibpod-Api-Version: 4\r\nConnection: close\r\n\r\n");
    }
    if (head.starts_with("GET /v1.41/images/x%3A1/json")) {
      return LocalServer::write(connection, LocalServer::answer("200 OK", R"({"Id":"sha256:abc"})"));
    }
    uploaded = head;
    std::array<char, 65536> buffer{};
    while (!uploaded.ends_with("\r\n0\r\n\r\n")) {
      const auto count = ::recv(connection, buffer.data(), buffer.size(), 0);
      if (count <= 0) return;
      uploaded.append(buffer.data(), static_cast<std::size_t>(count));
    }
    LocalServer::write(connection, LocalServer::answer("200 OK", lines));
  });
  const auto client = engine::Client::connect({.host = "unix://s", .unix_socket = folder.path() / "s"}, {});
  REQUIRE(client);
  std::vector<std::string> seen;
  const ProgressSink sink = [&](const Progress& progress) {
    if (const auto* step = std::get_if<StepChanged>(&progress)) {
      seen.push_back(step->step.name + (step->step.completed ? " done" : ""));
    } else if (const auto* output = std::get_if<StepOutput>(&progress)) {
      seen.push_back(output->line);
    }
  };
  BuildRequest wanted{.tags = {"x:1"}, .context = folder.path() / "context"};
  const auto built = build_image(*client, wanted, sink, {});
  REQUIRE(built);
  CHECK(built->image_id == "sha256:abc");
  CHECK_FALSE(built->cached_everything);
  CHECK(seen == std::vector<std::string>{"STEP 1/2: FROM scratch", "STEP 1/2: FROM scratch done", "STEP 2/2: RUN make",
                                         "cc a.c", "STEP 2/2: RUN make done"});
  CHECK(uploaded.find("POST /v1.41/build?t=x%3A1&dockerfile=Dockerfile ") == 0);
  CHECK(uploaded.find("a.c") != std::string::npos);
  CHECK(uploaded.find("RUN make") != std::string::npos);
  CHECK(uploaded.find("a.o") == std::string::npos);

  lines += R"({"error":"exit status 2","errorDetail":{"message":"exit status 2"}})"
           "\n";
  const auto failed = build_image(*client, wanted, {}, {});
  REQUIRE_FALSE(failed);
  REQUIRE(failed.error().failure);
  CHECK(failed.error().failure->step == "STEP 2/2: RUN make");
  CHECK(failed.error().failure->exit_code == 2);
  CHECK(failed.error().failure->lines == std::vector<std::string>{"cc a.c"});

  wanted.secrets["s"] = {.file = folder.path() / "context/a.c"};
  const auto refused = build_image(*client, wanted, {}, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("takes no build secrets") != std::string::npos);
}

TEST_CASE("errors of builders are read, of every age") {
  CHECK(error_of(nlohmann::json::parse(R"({"error":"short","errorDetail":{"message":"long"}})")) == "long");
  CHECK(error_of(nlohmann::json::parse(R"({"error":"short"})")) == "short");
  CHECK_FALSE(error_of(nlohmann::json::parse(R"({"stream":"x"})")));
  CHECK(exit_code_of("executor failed running [/bin/sh -c exit 3]: exit code: 3") == 3);
  CHECK(exit_code_of("process \"/bin/sh -c x\" did not complete successfully: exit code: 127") == 127);
  CHECK(exit_code_of("The command 'x' returned a non-zero code: 2") == 2);
  CHECK_FALSE(exit_code_of("not found"));
  CHECK(dockerfile_line_of("dockerfile parse error line 12: unknown instruction: X") == 12);
  CHECK(dockerfile_line_of("dockerfile parse error on line 4: x") == 4);
  CHECK_FALSE(dockerfile_line_of("something about line 4"));
  CHECK(without_wrapping("failed to solve with frontend dockerfile.v0: failed to create LLB definition: why") == "why");
  CHECK(without_wrapping("failed to walk /var/lib/docker/tmp/buildkit-mount123/sub: lstat "
                         "/var/lib/docker/tmp/buildkit-mount45: no") == "failed to walk /sub: lstat : no");
}

TEST_CASE("a failed step is reported with its place in the Dockerfile") {
  const BuildRequest request{.tags = {"x:1"}, .dockerfile = "sub/Dockerfile"};
  const auto error =
      build_error(request, {"[2/2] RUN false", {"out"}, {"first"}}, "exit code: 1", "FROM a\nRUN false\n");
  CHECK(error.message == "cannot build x:1: sub/Dockerfile:2: step '[2/2] RUN false' ended with exit code 1");
  REQUIRE(error.failure);
  CHECK(error.failure->line == 2);
  CHECK(error.failure->excerpt == std::vector<std::string>{"   1 | FROM a", ">> 2 | RUN false"});
  CHECK(error.failure->first_errors == std::vector<std::string>{"first"});
  const auto unknown = build_error(request, {}, "401 Unauthorized", "FROM a\n");
  CHECK(unknown.message == "cannot build x:1: 401 Unauthorized");
  CHECK(unknown.hint == "log in to the registry with docker login");
  CHECK(build_error(request, {}, "cannot read /x of the build context: Permission denied").hint ==
        "make it readable, or leave it out with .dockerignore");
}

TEST_CASE("arguments that are larger than an engine reads are told before anything is sent") {
  const TemporaryFolder folder;
  write(folder.path() / "Dockerfile", "FROM scratch\n");
  const test::LocalServer server(folder.path() / "s", [&](int connection, const std::string&, std::stop_token) {
    test::LocalServer::write(connection,
                             "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
  const auto client = engine::Client::connect({.host = "unix://s", .unix_socket = folder.path() / "s"}, {});
  REQUIRE(client);
  const auto built = build_image(
      *client, {.tags = {}, .context = folder.path(), .args = {{"A", std::string(1'100'000, 'x')}}}, {}, {});
  REQUIRE_FALSE(built);
  CHECK(built.error().kind == ErrorKind::usage);
  CHECK(built.error().message.find("the build arguments and labels are too large: 1100") == 0);
}

}  // namespace saasctl::buildkit_test
