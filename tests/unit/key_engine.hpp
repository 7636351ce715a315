// An engine that notes what it is asked for images and does nothing. Source: Docker Engine API 1.41, "Image".
#pragma once

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "build/grpc.hpp"
#include "engine/client.hpp"
#include "local_server.hpp"
#include "util/text.hpp"

namespace saasctl::test {

// Asks the session on a socket for build secrets and agents, as BuildKit does.
// Source: moby/buildkit, session/secrets/secrets.proto and session/sshforward/ssh.proto.
class SessionClient {
 public:
  explicit SessionClient(int socket) : socket_(socket) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks,
        [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t size, void* user) {
          static_cast<SessionClient*>(user)->bodies_[id].append(data, data + size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
          static_cast<SessionClient*>(user)->closed_ = id;
          return 0;
        });
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
  }
  SessionClient(const SessionClient&) = delete;
  SessionClient& operator=(const SessionClient&) = delete;
  ~SessionClient() { nghttp2_session_del(session_); }

  // The content of a build secret. Absent: the session has no such secret, or did not answer within two seconds.
  std::optional<std::string> secret(const std::string& id) {
    return call("/moby.buildkit.secrets.v1.Secrets/GetSecret", id);
  }

  // Whether the session offers an SSH agent by this id.
  bool offers_agent(const std::string& id) { return call("/moby.sshforward.v1.SSH/CheckAgent", id).has_value(); }

 private:
  // Both requests have an id as their field 1; an answer's field 1 is the content of a secret.
  std::optional<std::string> call(std::string_view path, const std::string& about) {
    std::string message;
    protozero::pbf_writer(message).add_string(1, about);
    request_.clear();
    build::grpc::append_frame(request_, message);
    const auto id = submit(path);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    while (closed_ != id && std::chrono::steady_clock::now() < until && exchange()) {
    }
    std::optional<std::string> answer;
    build::grpc::FrameReader reader;
    static_cast<void>(reader.feed(bodies_[id], [&](std::string_view frame) {
      protozero::pbf_reader fields(frame.data(), frame.size());
      answer = fields.next(1) ? fields.get_bytes() : std::string();
    }));
    return answer;
  }

  std::int32_t submit(std::string_view path) {
    const auto text = [](std::string_view t) { return reinterpret_cast<std::uint8_t*>(const_cast<char*>(t.data())); };
    const auto field = [&](std::string_view n, std::string_view v) {
      return nghttp2_nv{text(n), text(v), n.size(), v.size(), 0};
    };
    const std::array fields{field(":method", "POST"), field(":scheme", "http"), field(":authority", "x"),
                            field(":path", path), field("content-type", "application/grpc")};
    nghttp2_data_provider provider{};
    provider.source.ptr = this;
    provider.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* buffer, std::size_t size,
                                std::uint32_t* flags, nghttp2_data_source* source, void*) -> ssize_t {
      auto& rest = static_cast<SessionClient*>(source->ptr)->request_;
      const auto count = rest.copy(reinterpret_cast<char*>(buffer), size);
      rest.erase(0, count);
      if (rest.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
      return static_cast<ssize_t>(count);
    };
    return nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), &provider, nullptr);
  }

  // Sends what there is, and waits at most 50 ms for more. False: the peer has closed.
  bool exchange() {
    const std::uint8_t* data = nullptr;
    for (auto count = nghttp2_session_mem_send(session_, &data); count > 0;
         count = nghttp2_session_mem_send(session_, &data))
      LocalServer::write(socket_, {reinterpret_cast<const char*>(data), static_cast<std::size_t>(count)});
    pollfd entry{socket_, POLLIN, 0};
    if (::poll(&entry, 1, 50) <= 0) return true;
    std::array<std::uint8_t, 16384> buffer{};
    const auto count = ::recv(socket_, buffer.data(), buffer.size(), 0);
    return count > 0 && nghttp2_session_mem_recv(session_, buffer.data(), static_cast<std::size_t>(count)) >= 0;
  }

  int socket_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, std::string> bodies_;
  std::int32_t closed_ = 0;
  std::string request_;
};

// Has the images web:1 and db:1, tagged ten hours ago. What is pulled or built is there afterwards.
class KeyEngine {
 public:
  explicit KeyEngine(bool podman)
      : podman_(podman),
        server_([this](int connection, const std::string& head, std::stop_token) { answer(connection, head); }) {}
  KeyEngine(const KeyEngine&) = delete;
  KeyEngine& operator=(const KeyEngine&) = delete;
  ~KeyEngine() {
    for (const int session : sessions_) ::close(session);
  }

  engine::Endpoint endpoint() const {
    engine::Endpoint endpoint;
    endpoint.host = endpoint.base_url = server_.url("");
    endpoint.source = "the test";
    return endpoint;
  }

  // Pulls and builds since the last call: "pull web:1 linux/amd64", "build shop-web", "ask registry"; sorted, because
  // several go at once.
  std::vector<std::string> take_calls() {
    const std::scoped_lock lock(mutex_);
    auto calls = std::exchange(calls_, {});
    std::ranges::sort(calls);
    return calls;
  }

  // First tag → parameters of ImageBuild, each a list of its values in their order; what is JSON is read.
  nlohmann::json builds() {
    const std::scoped_lock lock(mutex_);
    return builds_;
  }

  // First tag → lines of the classic builder's archive that begin with FROM.
  nlohmann::json sent() {
    const std::scoped_lock lock(mutex_);
    return sent_;
  }

  // Build secret → its content, of those that the session knows; asked for are token, second and renamed.
  nlohmann::json secrets() {
    const std::scoped_lock lock(mutex_);
    return secrets_;
  }

  // Ids of the SSH agents that the session offers; asked for are default, one and two.
  std::set<std::string> agents() {
    const std::scoped_lock lock(mutex_);
    return agents_;
  }

 private:
  using Query = std::vector<std::pair<std::string, std::string>>;

  static std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '%' && i + 2 < text.size()) {
        out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
        i += 2;
      } else {
        out += text[i] == '+' ? ' ' : text[i];
      }
    }
    return out;
  }

  static Query query_of(std::string_view target) {
    Query query;
    const auto mark = target.find('?');
    if (mark == std::string_view::npos) return query;
    for (const auto& pair : split(target.substr(mark + 1), '&')) {
      const auto equals = pair.find('=');
      query.emplace_back(pair.substr(0, equals), decoded(pair.substr(equals + 1)));
    }
    return query;
  }

  static std::string value(const Query& query, std::string_view name) {
    const auto found = std::ranges::find(query, name, &Query::value_type::first);
    return found == query.end() ? "" : found->second;
  }

  void answer(int connection, std::string request) {
    std::istringstream line(request.substr(0, request.find('\r')));
    std::string method, target;
    line >> method >> target;
    auto path = decoded(target.substr(0, target.find('?')));
    if (path.starts_with("/v1.")) path.erase(0, path.find('/', 1));
    const std::scoped_lock lock(mutex_);
    if (path == "/_ping") return ping(connection);
    if (path == "/session") return open_session(connection);
    if (path == "/build") return build(connection, query_of(target), std::move(request));
    if (path == "/images/create") return pull(connection, query_of(target));
    if (path.starts_with("/images/") && path.ends_with("/json")) return inspect(connection, path);
    if (path.starts_with("/distribution/")) calls_.push_back("ask registry");
    LocalServer::write(connection, LocalServer::answer("404 Not Found", R"({"message": "not here"})"));
  }

  void ping(int connection) const {
    LocalServer::write(connection, std::string("HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n") +
                                       (podman_ ? "Libpod-Api-Version: 5.4.0\r\n" : "") +
                                       "Connection: close\r\n\r\nOK");
  }

  // Stays open: it is asked for secrets when the build comes.
  void open_session(int connection) {
    sessions_.push_back(::dup(connection));
    LocalServer::write(connection, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
  }

  void pull(int connection, const Query& query) {
    const auto image = value(query, "fromImage") + ":" + value(query, "tag");
    const auto platform = value(query, "platform");
    calls_.push_back("pull " + image + (platform.empty() ? "" : " " + platform));
    images_.insert(image);
    LocalServer::write(connection, LocalServer::answer("200 OK", "{\"status\": \"Status: Downloaded newer image\"}\n"));
  }

  void inspect(int connection, const std::string& path) {
    const auto name = path.substr(8, path.size() - 13);
    if (!images_.contains(name))
      return LocalServer::write(connection, LocalServer::answer("404 Not Found", R"({"message": "No such image"})"));
    const auto tagged =
        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - std::chrono::hours(10);
    const auto day = std::chrono::floor<std::chrono::days>(tagged);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(tagged - day);
    const nlohmann::json image = {
        {"Id", "sha256:" + name},
        {"RepoTags", {name}},
        {"Config", nlohmann::json::object()},
        {"Metadata",
         {{"LastTagTime",
           fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", int(date.year()), unsigned(date.month()),
                       unsigned(date.day()), time.hours().count(), time.minutes().count(), time.seconds().count())}}}};
    LocalServer::write(connection, LocalServer::answer("200 OK", image.dump()));
  }

  void build(int connection, const Query& query, std::string request) {
    const auto tag = value(query, "t");
    calls_.push_back("build " + tag);
    images_.insert(tag);
    auto& build = builds_[tag] = nlohmann::json::object();
    for (const auto& [name, text] : query) {
      if (name == "session") continue;
      const auto json = nlohmann::json::parse(text, nullptr, false);
      build[name].push_back(json.is_structured() ? json : nlohmann::json(text));
    }
    if (podman_) {
      sent_[tag] = from_lines(read_body(connection, std::move(request)));
      return LocalServer::write(
          connection, LocalServer::answer("200 OK", "{\"aux\": {\"ID\": \"sha256:built\"}}\n{\"stream\": \"x\\n\"}\n"));
    }
    if (!sessions_.empty()) {
      SessionClient client(sessions_.back());
      for (const auto* id : {"token", "second", "renamed"}) {
        if (const auto content = client.secret(id)) secrets_[id] = *content;
      }
      for (const auto* id : {"default", "one", "two"}) {
        if (client.offers_agent(id)) agents_.insert(id);
      }
    }
    LocalServer::write(connection, LocalServer::answer(
                                       "200 OK", "{\"id\": \"moby.image.id\", \"aux\": {\"ID\": \"sha256:built\"}}\n"));
  }

  // Up to the end of a chunked body.
  static std::string read_body(int connection, std::string request) {
    if (request.find("100-continue") != std::string::npos)
      LocalServer::write(connection, "HTTP/1.1 100 Continue\r\n\r\n");
    std::array<char, 65536> buffer{};
    while (!request.ends_with("\r\n0\r\n\r\n")) {
      pollfd entry{connection, POLLIN, 0};
      if (::poll(&entry, 1, 2000) <= 0) break;
      const auto count = ::recv(connection, buffer.data(), buffer.size(), 0);
      if (count <= 0) break;
      request.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return request;
  }

  static std::vector<std::string> from_lines(const std::string& body) {
    std::vector<std::string> lines;
    for (auto at = body.find("FROM "); at != std::string::npos; at = body.find("FROM ", at + 1))
      lines.push_back(body.substr(at, body.find_first_of(std::string("\n\r\0", 3), at) - at));
    std::ranges::sort(lines);
    return lines;
  }

  bool podman_;
  std::mutex mutex_;
  std::set<std::string> images_{"web:1", "db:1"};
  std::vector<std::string> calls_;
  nlohmann::json builds_ = nlohmann::json::object();
  nlohmann::json sent_ = nlohmann::json::object();
  nlohmann::json secrets_ = nlohmann::json::object();
  std::set<std::string> agents_;
  std::vector<int> sessions_;
  LocalServer server_;  // last: its thread uses what stands above
};

}  // namespace saasctl::test
