#include "build/grpc.hpp"

#include <nghttp2/nghttp2.h>

#include <map>

#include "build/http2_server.hpp"
#include "catch.hpp"

namespace saasctl::grpc_test {

using namespace saasctl::build::grpc;

namespace {

std::string frame(std::string_view message) {
  std::string out;
  append_frame(out, message);
  return out;
}

std::vector<std::string> messages_of(std::string_view bytes) {
  std::vector<std::string> out;
  FrameReader reader;
  const auto status = reader.feed(bytes, [&](std::string_view message) { out.emplace_back(message); });
  REQUIRE(status.code == Code::ok);
  return out;
}

// Sends each message back; "end" finishes, "big" answers with many messages, "wait" with nothing.
class EchoCall : public Call {
 public:
  explicit EchoCall(int* destroyed) : destroyed_(destroyed) {}
  ~EchoCall() override { ++*destroyed_; }
  void on_message(std::string_view message) override {
    if (message == "end") return finish();
    if (message == "fail") return finish({Code::not_found, "keine Äpfel\n100%"});
    if (message == "big") left_ = 100;
    if (message != "wait") send(message);
  }
  void on_end() override { finish(); }
  void produce() override {
    if (left_ == 0) return;
    --left_;
    send(std::string(20'000, 'x'));
  }

 private:
  int left_ = 0;
  int* destroyed_;
};

// A client of nghttp2's own, joined to the server in memory.
class Peer {
 public:
  struct Stream {
    std::map<std::string, std::string> fields;
    std::string body;
    bool closed = false;
    std::uint32_t error = 0;
  };

  explicit Peer(Http2Server& server, std::size_t step = 1 << 20) : server_(server), step_(step) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                      const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
          static_cast<Peer*>(user)->streams[frame->hd.stream_id].fields[std::string(name, name + name_size)] =
              std::string(value, value + value_size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks,
        [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t size, void* user) {
          static_cast<Peer*>(user)->streams[id].body.append(data, data + size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t error, void* user) {
          static_cast<Peer*>(user)->streams[id].closed = true;
          static_cast<Peer*>(user)->streams[id].error = error;
          return 0;
        });
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    nghttp2_option_set_max_send_header_block_length(option, 1 << 21);
    nghttp2_session_client_new2(&session_, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { nghttp2_session_del(session_); }

  // A call whose request stays open: send() and close() go on with it.
  std::int32_t open(std::string_view path, int patterns = 0) {
    const auto text = [](std::string_view t) { return reinterpret_cast<std::uint8_t*>(const_cast<char*>(t.data())); };
    const auto nv = [&](std::string_view n, std::string_view v) {
      return nghttp2_nv{text(n), text(v), n.size(), v.size(), 0};
    };
    std::vector<nghttp2_nv> fields{nv(":method", "POST"),
                                   nv(":scheme", "http"),
                                   nv(":authority", "x"),
                                   nv(":path", path),
                                   nv("content-type", "application/grpc"),
                                   nv("followpaths", "ends with space ")};
    std::vector<std::string> texts;
    for (int i = 0; i < patterns; ++i)
      texts.push_back("a-folder-with-a-name/another-one/and-a-file-" + std::to_string(i));
    for (const auto& each : texts) fields.push_back(nv("exclude-patterns", each));
    nghttp2_data_provider provider{};
    provider.source.ptr = this;
    provider.read_callback = [](nghttp2_session*, std::int32_t id, std::uint8_t* buffer, std::size_t size,
                                std::uint32_t* flags, nghttp2_data_source* source, void*) -> ssize_t {
      auto& request = static_cast<Peer*>(source->ptr)->requests_[id];
      const auto count = request.text.copy(reinterpret_cast<char*>(buffer), size);
      request.text.erase(0, count);
      if (request.ended && request.text.empty())
        *flags |= NGHTTP2_DATA_FLAG_EOF;
      else if (count == 0)
        return NGHTTP2_ERR_DEFERRED;
      return static_cast<ssize_t>(count);
    };
    return nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), &provider, nullptr);
  }
  void send(std::int32_t id, std::string_view bytes) {
    requests_[id].text += bytes;
    nghttp2_session_resume_data(session_, id);
  }
  void close(std::int32_t id) {
    requests_[id].ended = true;
    nghttp2_session_resume_data(session_, id);
  }
  void reset(std::int32_t id) { nghttp2_submit_rst_stream(session_, 0, id, NGHTTP2_CANCEL); }
  void ping() { nghttp2_submit_ping(session_, 0, nullptr); }

  // Carries bytes both ways, `step` at a time, until neither side has any left.
  void run() {
    for (bool moved = true; moved;) {
      moved = false;
      const std::uint8_t* data = nullptr;
      for (auto count = nghttp2_session_mem_send(session_, &data); count > 0;
           count = nghttp2_session_mem_send(session_, &data)) {
        const std::string bytes(data, data + count);
        for (std::size_t i = 0; i < bytes.size(); i += step_)
          REQUIRE(server_.receive(std::string_view(bytes).substr(i, step_)));
        moved = true;
      }
      std::string out;
      REQUIRE(server_.collect(out, 1 << 16));
      for (std::size_t i = 0; i < out.size(); i += step_) {
        const auto part = std::string_view(out).substr(i, step_);
        REQUIRE(nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(part.data()), part.size()) >=
                0);
      }
      moved = moved || !out.empty();
    }
  }

  std::map<std::int32_t, Stream> streams;

 private:
  struct Request {
    std::string text;
    bool ended = false;
  };
  Http2Server& server_;
  std::size_t step_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, Request> requests_;
};

Http2Server::Router echo(int* destroyed, Metadata* seen = nullptr) {
  return [=](std::string_view path, const Metadata& metadata) -> std::unique_ptr<Call> {
    if (seen != nullptr) *seen = metadata;
    if (path != "/echo") return nullptr;
    return std::make_unique<EchoCall>(destroyed);
  };
}

}  // namespace

TEST_CASE("frames are read however they are cut") {
  const std::string all = frame("one") + frame("") + frame(std::string(70'000, 'z')) + frame("last");
  for (const std::size_t cut :
       {std::size_t{1}, std::size_t{4}, std::size_t{5}, std::size_t{6}, std::size_t{4096}, all.size()}) {
    std::vector<std::string> seen;
    FrameReader reader;
    for (std::size_t i = 0; i < all.size(); i += cut) {
      const auto status =
          reader.feed(std::string_view(all).substr(i, cut), [&](std::string_view m) { seen.emplace_back(m); });
      REQUIRE(status.code == Code::ok);
    }
    REQUIRE(seen.size() == 4);
    CHECK(seen[0] == "one");
    CHECK(seen[1].empty());
    CHECK(seen[2].size() == 70'000);
    CHECK(seen[3] == "last");
  }
}

TEST_CASE("compressed and oversized frames are refused by their head alone") {
  FrameReader compressed;
  const auto never = [](std::string_view) { FAIL("a message was given"); };
  CHECK(compressed.feed(std::string("\x01\0\0\0\x01x", 6), never).code == Code::unimplemented);
  FrameReader large;
  CHECK(large.feed(std::string("\0\x01\0\0\x01", 5), never).code == Code::resource_exhausted);
}

TEST_CASE("status messages are percent-encoded") {
  CHECK(encode_status_message("plain text") == "plain text");
  CHECK(encode_status_message("ä 100%\n") == "%C3%A4 100%25%0A");
}

TEST_CASE("calls are answered, with trailers, at any cut of the bytes") {
  for (const std::size_t step : {std::size_t{1}, std::size_t{9}, std::size_t{1} << 20}) {
    int destroyed = 0;
    Metadata seen;
    Http2Server server(echo(&destroyed, &seen));
    Peer peer(server, step);
    const auto id = peer.open("/echo");
    peer.send(id, frame("hello"));
    peer.run();
    CHECK(messages_of(peer.streams[id].body) == std::vector<std::string>{"hello"});
    CHECK(peer.streams[id].fields[":status"] == "200");
    CHECK(peer.streams[id].fields["content-type"] == "application/grpc");
    CHECK_FALSE(peer.streams[id].closed);
    peer.send(id, frame("more") + frame("end"));
    peer.run();
    CHECK(messages_of(peer.streams[id].body) == std::vector<std::string>{"hello", "more"});
    CHECK(peer.streams[id].fields["grpc-status"] == "0");
    CHECK(peer.streams[id].closed);
    CHECK(peer.streams[id].error == NGHTTP2_NO_ERROR);
    CHECK(destroyed == 1);
    CHECK(values_of(seen, "followpaths") == std::vector<std::string>{"ends with space "});
  }
}

TEST_CASE("headers of half a megabyte are read") {
  int destroyed = 0;
  Metadata seen;
  Http2Server server(echo(&destroyed, &seen));
  Peer peer(server);
  const auto id = peer.open("/echo", 10'000);
  peer.send(id, frame("end"));
  peer.run();
  CHECK(peer.streams[id].fields["grpc-status"] == "0");
  CHECK(values_of(seen, "exclude-patterns").size() == 10'000);
}

TEST_CASE("a failing call gives its status and message") {
  int destroyed = 0;
  Http2Server server(echo(&destroyed));
  Peer peer(server);
  const auto id = peer.open("/echo");
  peer.send(id, frame("fail"));
  peer.run();
  CHECK(peer.streams[id].fields["grpc-status"] == "5");
  CHECK(peer.streams[id].fields["grpc-message"] == "keine %C3%84pfel%0A100%25");
}

TEST_CASE("an unknown method is unimplemented and leaves the connection usable") {
  int destroyed = 0;
  Http2Server server(echo(&destroyed));
  Peer peer(server);
  const auto unknown = peer.open("/other");
  peer.send(unknown, frame("x"));
  peer.close(unknown);
  peer.run();
  CHECK(peer.streams[unknown].fields["grpc-status"] == "12");
  CHECK(peer.streams[unknown].closed);
  const auto id = peer.open("/echo");
  peer.send(id, frame("x"));
  peer.close(id);
  peer.run();
  CHECK(messages_of(peer.streams[id].body) == std::vector<std::string>{"x"});
  CHECK(peer.streams[id].fields["grpc-status"] == "0");
}

TEST_CASE("a reset ends its call only") {
  int destroyed = 0;
  Http2Server server(echo(&destroyed));
  Peer peer(server);
  const auto first = peer.open("/echo");
  const auto second = peer.open("/echo");
  peer.send(first, frame("wait"));
  peer.send(second, frame("wait"));
  peer.run();
  peer.reset(first);
  peer.run();
  CHECK(destroyed == 1);
  peer.send(second, frame("alive"));
  peer.run();
  CHECK(messages_of(peer.streams[second].body) == std::vector<std::string>{"alive"});
}

TEST_CASE("an oversized message fails its call and no other") {
  int destroyed = 0;
  Http2Server server(echo(&destroyed));
  Peer peer(server);
  const auto id = peer.open("/echo");
  peer.send(id, std::string("\0\x7f\0\0\0", 5));
  peer.run();
  CHECK(peer.streams[id].fields["grpc-status"] == "8");
  const auto next = peer.open("/echo");
  peer.send(next, frame("end"));
  peer.run();
  CHECK(peer.streams[next].fields["grpc-status"] == "0");
}

TEST_CASE("what is sent waits for the peer's window and then all arrives") {
  int destroyed = 0;
  Http2Server server(echo(&destroyed));
  Peer peer(server);
  const auto id = peer.open("/echo");
  peer.send(id, frame("big"));
  peer.run();
  const auto messages = messages_of(peer.streams[id].body);
  CHECK(messages.size() == 101);
  peer.send(id, frame("end"));
  peer.run();
  CHECK(peer.streams[id].fields["grpc-status"] == "0");
}

TEST_CASE("bytes that are not HTTP/2 are an error, goodbye ends the connection") {
  int destroyed = 0;
  Http2Server broken(echo(&destroyed));
  CHECK_FALSE(broken.receive("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  Http2Server server(echo(&destroyed));
  Peer peer(server);
  peer.ping();
  peer.run();
  CHECK(server.alive());
  server.terminate();
  peer.run();
  CHECK_FALSE(server.alive());
}

}  // namespace saasctl::grpc_test
