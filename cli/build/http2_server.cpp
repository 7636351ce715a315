#include "build/http2_server.hpp"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <map>
#include <new>

namespace saasctl::build::grpc {
namespace {

constexpr std::uint32_t max_concurrent_calls = 100;
constexpr std::uint32_t window_size = 1 << 20;  // bytes of a request that may be under way
// A .dockerignore of a megabyte comes as headers, in CONTINUATION frames of 16 KiB.
constexpr std::size_t max_continuations = 256;
// Calls that find their output slowly must not keep what comes in unread: BuildKit wants an answer within 10 s.
constexpr auto longest_fill = std::chrono::milliseconds(100);

struct CallbacksDeleter {
  void operator()(nghttp2_session_callbacks* callbacks) const noexcept { nghttp2_session_callbacks_del(callbacks); }
};
struct OptionDeleter {
  void operator()(nghttp2_option* option) const noexcept { nghttp2_option_del(option); }
};

// nghttp2 copies names and values while it is called.
nghttp2_nv field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

std::string_view view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

void require(int code) {
  if (code == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
  if (code != 0) throw std::runtime_error(fmt::format("nghttp2: {}", nghttp2_strerror(code)));
}

bool ends_stream(const nghttp2_frame* frame) {
  return (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

}  // namespace

class Http2Server::State {
 public:
  explicit State(Router router);

  Result<void> receive(std::string_view bytes);
  Result<void> collect(std::string& out, std::size_t limit);
  void resume();
  void terminate() { require(nghttp2_session_terminate_session(session_.get(), NGHTTP2_NO_ERROR)); }
  bool alive() const {
    return nghttp2_session_want_read(session_.get()) != 0 || nghttp2_session_want_write(session_.get()) != 0;
  }

 private:
  // A stream whose headers are coming in has no call yet; one that was answered at once never gets one.
  struct Stream {
    std::string path;
    Metadata metadata;
    FrameReader reader;
    std::unique_ptr<Call> call;
    bool parked = false;       // asked for output and had none
    bool half_closed = false;  // the client sends no more
  };

  static State& self(void* user) { return *static_cast<State*>(user); }
  static std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter> make_callbacks();
  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                       const std::uint8_t* value, std::size_t value_size, std::uint8_t flags, void* user);
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int on_data(nghttp2_session*, std::uint8_t flags, std::int32_t id, const std::uint8_t* data, std::size_t size,
                     void* user);
  static int on_frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t error, void* user);
  static ssize_t on_pull(nghttp2_session*, std::int32_t id, std::uint8_t* buffer, std::size_t size,
                         std::uint32_t* flags, nghttp2_data_source*, void* user);

  // No exception may pass through nghttp2: it is kept and thrown again once nghttp2 has returned.
  template <typename Work>
  int guarded(Work work) noexcept {
    try {
      work();
      return 0;
    } catch (...) {
      exception_ = std::current_exception();
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
  }

  Stream* find(std::int32_t id) {
    const auto found = streams_.find(id);
    return found == streams_.end() ? nullptr : &found->second;
  }
  void open_call(std::int32_t id, Stream& stream);
  void refuse(std::int32_t id);
  void take_data(std::int32_t id, Stream& stream, std::string_view bytes);
  void end_input(std::int32_t id, Stream& stream);
  void wake(std::int32_t id, Stream& stream);
  std::size_t fill(Call& call, char* buffer, std::size_t size);
  void submit_trailer(std::int32_t id, const Status& status);
  Result<void> outcome(ssize_t code);

  Router router_;
  std::map<std::int32_t, Stream> streams_;
  std::exception_ptr exception_;
  struct SessionDeleter {
    void operator()(nghttp2_session* session) const noexcept { nghttp2_session_del(session); }
  };
  std::unique_ptr<nghttp2_session, SessionDeleter> session_;
};

std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter> Http2Server::State::make_callbacks() {
  nghttp2_session_callbacks* raw = nullptr;
  require(nghttp2_session_callbacks_new(&raw));
  std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter> callbacks(raw);
  nghttp2_session_callbacks_set_on_begin_headers_callback(raw, &State::on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(raw, &State::on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(raw, &State::on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(raw, &State::on_data);
  nghttp2_session_callbacks_set_on_frame_send_callback(raw, &State::on_frame_sent);
  nghttp2_session_callbacks_set_on_stream_close_callback(raw, &State::on_close);
  return callbacks;
}

Http2Server::State::State(Router router) : router_(std::move(router)) {
  const auto callbacks = make_callbacks();
  nghttp2_option* raw_option = nullptr;
  require(nghttp2_option_new(&raw_option));
  const std::unique_ptr<nghttp2_option, OptionDeleter> option(raw_option);
  // BuildKit sends file names as header values, also names that end with a space; strict rules would drop those headers
  // without a word.
  nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(raw_option, 1);
  nghttp2_option_set_max_continuations(raw_option, max_continuations);
  nghttp2_session* raw_session = nullptr;
  require(nghttp2_session_server_new2(&raw_session, callbacks.get(), this, raw_option));
  session_.reset(raw_session);
  const std::array settings{nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, max_concurrent_calls},
                            nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window_size}};
  require(nghttp2_submit_settings(raw_session, NGHTTP2_FLAG_NONE, settings.data(), settings.size()));
}

int Http2Server::State::on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  auto& state = self(user);
  return state.guarded([&] {
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) state.streams_[frame->hd.stream_id];
  });
}

int Http2Server::State::on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                                  std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                                  std::uint8_t, void* user) {
  auto& state = self(user);
  return state.guarded([&] {
    Stream* stream = state.find(frame->hd.stream_id);
    if (stream == nullptr || stream->call) return;
    const auto key = view(name, name_size);
    if (key == ":path") stream->path = view(value, value_size);
    if (!key.starts_with(':')) stream->metadata.emplace_back(key, view(value, value_size));
  });
}

int Http2Server::State::on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  auto& state = self(user);
  return state.guarded([&] {
    const auto id = frame->hd.stream_id;
    Stream* stream = state.find(id);
    if (stream == nullptr) return;
    const bool headers = frame->hd.type == NGHTTP2_HEADERS;
    if (headers && frame->headers.cat == NGHTTP2_HCAT_REQUEST) state.open_call(id, *stream);
    if ((headers || frame->hd.type == NGHTTP2_DATA) && ends_stream(frame)) state.end_input(id, *stream);
  });
}

int Http2Server::State::on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                                std::size_t size, void* user) {
  auto& state = self(user);
  return state.guarded([&] {
    if (Stream* stream = state.find(id); stream != nullptr && stream->call) {
      state.take_data(id, *stream, view(data, size));
    }
  });
}

// We have said all, the client may not have: a reset without error frees the stream on both sides.
int Http2Server::State::on_frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
  auto& state = self(user);
  return state.guarded([&] {
    const Stream* stream = state.find(frame->hd.stream_id);
    if (frame->hd.type != NGHTTP2_HEADERS || !ends_stream(frame) || stream == nullptr || stream->half_closed) return;
    require(nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR));
  });
}

int Http2Server::State::on_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
  auto& state = self(user);
  return state.guarded([&] { state.streams_.erase(id); });
}

ssize_t Http2Server::State::on_pull(nghttp2_session*, std::int32_t id, std::uint8_t* buffer, std::size_t size,
                                    std::uint32_t* flags, nghttp2_data_source*, void* user) {
  auto& state = self(user);
  ssize_t result = 0;
  const int failed = state.guarded([&] {
    Stream* stream = state.find(id);
    if (stream == nullptr) {
      result = NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
      return;
    }
    Call& call = *stream->call;
    const auto count = state.fill(call, reinterpret_cast<char*>(buffer), size);
    result = static_cast<ssize_t>(count);
    if (call.finished() && call.pending().empty()) {
      *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
      state.submit_trailer(id, call.status());
    } else if (count == 0) {
      stream->parked = true;
      result = NGHTTP2_ERR_DEFERRED;
    }
  });
  return failed != 0 ? failed : result;
}

void Http2Server::State::open_call(std::int32_t id, Stream& stream) {
  stream.call = router_(stream.path, stream.metadata);
  if (!stream.call) return refuse(id);
  const std::array head{field(":status", "200"), field("content-type", "application/grpc")};
  nghttp2_data_provider provider{};
  provider.read_callback = &State::on_pull;
  require(nghttp2_submit_response(session_.get(), id, head.data(), head.size(), &provider));
}

void Http2Server::State::refuse(std::int32_t id) {
  const std::array head{field(":status", "200"), field("content-type", "application/grpc"), field("grpc-status", "12"),
                        field("grpc-message", "unimplemented")};
  require(nghttp2_submit_response(session_.get(), id, head.data(), head.size(), nullptr));
}

void Http2Server::State::take_data(std::int32_t id, Stream& stream, std::string_view bytes) {
  Call& call = *stream.call;
  auto status = stream.reader.feed(bytes, [&](std::string_view message) {
    if (!call.finished()) call.on_message(message);
  });
  if (status.code != Code::ok) call.finish(std::move(status));
  wake(id, stream);
}

void Http2Server::State::end_input(std::int32_t id, Stream& stream) {
  stream.half_closed = true;
  if (!stream.call) return;
  stream.call->on_end();
  wake(id, stream);
}

void Http2Server::State::wake(std::int32_t id, Stream& stream) {
  if (!stream.parked) return;
  stream.parked = false;
  require(nghttp2_session_resume_data(session_.get(), id));
}

std::size_t Http2Server::State::fill(Call& call, char* buffer, std::size_t size) {
  std::size_t filled = 0;
  const auto end = std::chrono::steady_clock::now() + longest_fill;
  while (filled < size && (filled == 0 || std::chrono::steady_clock::now() < end)) {
    if (call.pending().empty()) {
      if (!call.finished()) call.produce();
      if (call.pending().empty()) break;
    }
    const auto count = call.pending().copy(buffer + filled, size - filled);
    call.take(count);
    filled += count;
  }
  return filled;
}

void Http2Server::State::submit_trailer(std::int32_t id, const Status& status) {
  const auto code = std::to_string(static_cast<int>(status.code));
  const auto message = encode_status_message(status.message);
  const std::array trailer{field("grpc-status", code), field("grpc-message", message)};
  require(nghttp2_submit_trailer(session_.get(), id, trailer.data(), message.empty() ? 1 : 2));
}

Result<void> Http2Server::State::outcome(ssize_t code) {
  if (exception_) std::rethrow_exception(std::exchange(exception_, nullptr));
  if (code >= 0) return {};
  return failure(fmt::format("the build session's connection broke: {}", nghttp2_strerror(static_cast<int>(code))));
}

Result<void> Http2Server::State::receive(std::string_view bytes) {
  return outcome(
      nghttp2_session_mem_recv(session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
}

Result<void> Http2Server::State::collect(std::string& out, std::size_t limit) {
  const auto end = std::chrono::steady_clock::now() + longest_fill;
  while (out.size() < limit && (out.empty() || std::chrono::steady_clock::now() < end)) {
    const std::uint8_t* data = nullptr;
    const auto count = nghttp2_session_mem_send(session_.get(), &data);
    if (count <= 0) return outcome(count);
    out += view(data, static_cast<std::size_t>(count));
  }
  return {};
}

void Http2Server::State::resume() {
  for (auto& [id, stream] : streams_) wake(id, stream);
}

Http2Server::Http2Server(Router router) : state_(std::make_unique<State>(std::move(router))) {}
Http2Server::Http2Server(Http2Server&&) noexcept = default;
Http2Server& Http2Server::operator=(Http2Server&&) noexcept = default;
Http2Server::~Http2Server() = default;

Result<void> Http2Server::receive(std::string_view bytes) {
  return state_->receive(bytes);
}
Result<void> Http2Server::collect(std::string& out, std::size_t limit) {
  return state_->collect(out, limit);
}
void Http2Server::resume() {
  state_->resume();
}
void Http2Server::terminate() {
  state_->terminate();
}
bool Http2Server::alive() const {
  return state_->alive();
}

}  // namespace saasctl::build::grpc
