#include "simulator/engine.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "util/text.hpp"

namespace saasctl::test::simulator {
namespace {

Time now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool send_all(int connection, std::string_view text) {
  while (!text.empty()) {
    const auto count = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// Reads requests of one connection.
class Reader {
 public:
  explicit Reader(int connection) : connection_(connection) {}

  // Nothing when the connection has ended. `line` becomes "GET /path?query" without the version.
  std::optional<Request> next(std::string& line) {
    const auto head = until("\r\n\r\n");
    if (!head) return std::nullopt;
    Request request;
    const auto words = split(std::string_view(*head).substr(0, head->find("\r\n")), ' ');
    request.method = words.at(0);
    std::string target(words.at(1));
    if (target.starts_with("/v1.")) target.erase(0, target.find('/', 1));
    line = request.method + " " + target;
    const auto mark = target.find('?');
    for (const auto& part : split(std::string_view(target).substr(1, mark == std::string::npos ? mark : mark - 1), '/'))
      request.path.push_back(decoded(part));
    if (mark != std::string::npos) {
      for (const auto& pair : split(std::string_view(target).substr(mark + 1), '&')) {
        const auto equals = pair.find('=');
        request.query[decoded(pair.substr(0, equals))] = decoded(pair.substr(equals + 1));
      }
    }
    const auto lower = to_lower(*head);
    if (lower.find("transfer-encoding: chunked") != std::string::npos) return read_chunks(std::move(request));
    if (const auto at = lower.find("content-length: "); at != std::string::npos)
      return read_body(std::move(request), std::stoul(lower.substr(at + 16)));
    return request;
  }

 private:
  std::optional<std::string> until(std::string_view end) {
    for (;;) {
      if (const auto at = buffer_.find(end); at != std::string::npos) {
        auto text = buffer_.substr(0, at);
        buffer_.erase(0, at + end.size());
        return text;
      }
      if (!more()) return std::nullopt;
    }
  }

  std::optional<Request> read_body(Request request, std::size_t size) {
    while (buffer_.size() < size) {
      if (!more()) return std::nullopt;
    }
    request.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return request;
  }

  std::optional<Request> read_chunks(Request request) {
    for (;;) {
      const auto head = until("\r\n");
      if (!head) return std::nullopt;
      const auto size = std::stoul(*head, nullptr, 16);
      while (buffer_.size() < size + 2) {
        if (!more()) return std::nullopt;
      }
      request.body += buffer_.substr(0, size);
      buffer_.erase(0, size + 2);
      if (size == 0) return request;
    }
  }

  bool more() {
    std::array<char, 8192> bytes;
    const auto count = ::recv(connection_, bytes.data(), bytes.size(), 0);
    if (count <= 0) return false;
    buffer_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
  }

  int connection_;
  std::string buffer_;
};

std::string text_of(const Answer& answer, bool head_only) {
  const auto body = !answer.raw.empty() ? answer.raw : answer.body.is_null() ? std::string() : answer.body.dump();
  const bool bare = answer.status == 204 || answer.status == 304;
  auto text = fmt::format("HTTP/1.1 {} Said\r\nApi-Version: 1.41\r\n", answer.status);
  if (!bare) text += fmt::format("Content-Length: {}\r\n", body.size());
  return text + "\r\n" + (bare || head_only ? "" : body);
}

bool is_create(const Request& request) {
  return request.method == "POST" && request.path == std::vector<std::string>{"containers", "create"} &&
         request.query.contains("name");
}

// "1700000000.000000001"
Time time_of(const std::string& text) {
  const auto dot = text.find('.');
  const auto seconds = std::stoll(text.substr(0, dot));
  const auto nanoseconds = dot == std::string::npos ? 0 : std::stoll(text.substr(dot + 1));
  return Time(std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanoseconds));
}

}  // namespace

Engine::Engine() : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (folder_.path() / "engine.sock").string().copy(address.sun_path, sizeof address.sun_path - 1);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 64) != 0)
    throw std::runtime_error("listen");
  acceptor_ = std::jthread([this](const std::stop_token& stop) { accept_all(stop); });
}

Engine::~Engine() {
  ended_ = true;
  {
    const std::scoped_lock lock(mutex_);
    for (const int connection : open_) ::shutdown(connection, SHUT_RDWR);
  }
  changed_.notify_all();
  acceptor_.request_stop();
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
}

engine::Endpoint Engine::endpoint() const {
  const auto path = folder_.path() / "engine.sock";
  return {.host = "unix://" + path.string(), .unix_socket = path, .source = "simulator"};
}

void Engine::reset(unsigned seed, const Faults& faults, std::map<std::string, std::string> images, Model::Fate fate) {
  const std::scoped_lock lock(mutex_);
  model_.reset(std::move(images), std::move(fate));
  model_.on_event = [this](const Event& event) { tell(event); };
  faults_ = faults;
  random_.seed(seed);
  events_.clear();
  held_.reset();
  calls_.clear();
  reserved_.clear();
  ++cuts_;
}

void Engine::set_faults(const Faults& faults) {
  const std::scoped_lock lock(mutex_);
  faults_ = faults;
}

void Engine::await_idle() {
  const auto idle = [&] {
    pollfd waiting{.fd = listener_, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, 0) != 0) return false;
    const std::scoped_lock lock(mutex_);
    return open_.empty();
  };
  // What is neither waiting nor open may just be on its way from one to the other.
  int in_a_row = 0;
  for (int looks = 0; in_a_row < 3; ++looks) {
    if (looks == 10'000) throw std::runtime_error("the simulated engine does not come to rest");
    in_a_row = idle() ? in_a_row + 1 : 0;
    std::this_thread::sleep_for(milliseconds(1));
  }
}

std::vector<std::string> Engine::take_calls() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(calls_, {});
}

void Engine::accept_all(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) break;
    {
      const std::scoped_lock lock(mutex_);
      open_.insert(connection);
      if (ended_) ::shutdown(connection, SHUT_RDWR);
    }
    connections_.remove_if([](const Connection& one) { return one.done.load(); });
    auto& one = connections_.emplace_back();
    one.thread = std::jthread([this, connection, &one] {
      serve(connection);
      one.done = true;
    });
  }
  connections_.clear();
}

void Engine::serve(int connection) {
  Reader reader(connection);
  std::string line;
  while (const auto request = reader.next(line)) {
    if (!answer(connection, *request, line)) break;
  }
  const std::scoped_lock lock(mutex_);
  open_.erase(connection);
  ::close(connection);
}

bool Engine::roll(double probability) {
  return probability > 0 && std::uniform_real_distribution<double>(0, 1)(random_) < probability;
}

// The engine takes a container's name before the container is in its lists.
Answer Engine::do_now(const Request& request) {
  if (is_create(request) && reserved_.contains(request.query.at("name")))
    return {409, {{"message", "the name is already in use by a container nobody sees"}}};
  return model_.call(request, now());
}

void Engine::do_late(int connection, const Request& request, std::unique_lock<std::mutex>& lock) {
  ::shutdown(connection, SHUT_RDWR);
  const auto& name = request.query.at("name");
  if (!reserved_.insert(name).second) return;
  const auto time = faults_.slowest * 3;
  lock.unlock();
  std::this_thread::sleep_for(time);
  lock.lock();
  reserved_.erase(name);
  model_.call(request, now());
}

bool Engine::answer(int connection, const Request& request, const std::string& line) {
  if (request.path.at(0) == "events") {
    stream_events(connection, request);
    return false;
  }
  Answer answer;
  std::unique_lock lock(mutex_);
  if (roll(faults_.slow)) {
    const auto longer = std::uniform_int_distribution<int>(0, static_cast<int>(faults_.slowest.count()))(random_);
    lock.unlock();
    std::this_thread::sleep_for(milliseconds(longer));
    lock.lock();
  }
  calls_.push_back(line);
  if (roll(faults_.cut)) return false;
  const bool changes = request.method == "POST" || request.method == "DELETE";
  if (request.path.at(0) == "_ping") {
    answer = {200};
  } else if (roll(faults_.refuse)) {
    answer = {500, {{"message", "simulated trouble"}}};
  } else if (changes && roll(faults_.conflict)) {
    answer = {409, {{"message", "simulated conflict"}}};
  } else if (is_create(request) && roll(faults_.reserve)) {
    do_late(connection, request, lock);
    return false;
  } else {
    answer = do_now(request);
    if (roll(faults_.lose)) return false;
  }
  lock.unlock();
  return send_all(connection, text_of(answer, request.method == "HEAD"));
}

void Engine::tell(const Event& event) {
  if (roll(faults_.drop)) return;
  if (!held_ && roll(faults_.swap)) {
    held_ = event;
    return;
  }
  events_.push_back(event);
  if (roll(faults_.repeat)) events_.push_back(event);
  if (held_) events_.push_back(*std::exchange(held_, std::nullopt));
  if (roll(faults_.cut_stream)) ++cuts_;
  changed_.notify_all();
}

void Engine::stream_events(int connection, const Request& request) {
  const auto since = time_of(request.query.at("since"));
  std::unique_lock lock(mutex_);
  calls_.push_back("GET /events");
  const auto cuts = cuts_;
  if (!send_all(connection, "HTTP/1.1 200 Said\r\nTransfer-Encoding: chunked\r\n\r\n")) return;
  for (std::size_t at = 0; !ended_ && cuts == cuts_;) {
    for (; at < events_.size(); ++at) {
      if (events_[at].time < since) continue;
      const auto text = events_[at].json.dump() + "\n";
      if (!send_all(connection, fmt::format("{:x}\r\n{}\r\n", text.size(), text))) return;
    }
    char byte = 0;
    if (::recv(connection, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0) return;
    const auto soon = now() + milliseconds(2);
    const auto due = model_.advance(now());
    if (at < events_.size()) continue;
    changed_.wait_until(
        lock, std::chrono::time_point_cast<std::chrono::system_clock::duration>(due ? std::min(*due, soon) : soon));
  }
}

}  // namespace saasctl::test::simulator
