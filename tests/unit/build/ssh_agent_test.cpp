// The way of a build to the user's SSH agents.
#include "build/ssh_agent.hpp"

#include <protozero/pbf_writer.hpp>

#include "catch.hpp"

namespace saasctl::ssh_agent_test {

using namespace saasctl::build;

namespace {

// One message of the agent protocol: its length, its number, its content.
std::string request(char number, std::string_view content = "") {
  const auto size = content.size() + 1;
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift & 0xff);
  return out + number + std::string(content);
}

constexpr char list = 11, sign = 13, add = 17, remove_all = 19, lock = 22, extension = 27;
const std::string failure_answer("\0\0\0\1\5", 5);

std::string id_message(const std::string& id) {
  std::string out;
  protozero::pbf_writer(out).add_string(1, id);
  return out;
}

}  // namespace

TEST_CASE("a build lists keys and signs, and every other request is answered with a failure") {
  AgentRequests requests;
  const auto taken = requests.feed(request(list) + request(add, "key") + request(sign, "data") + request(remove_all) +
                                   request(lock, "x") + request(extension, "session-bind@openssh.com"));
  CHECK(taken.forward == request(list) + request(sign, "data"));
  CHECK(taken.answer == failure_answer + failure_answer + failure_answer + failure_answer);
  CHECK_FALSE(taken.too_large);
}

TEST_CASE("requests are read however they are cut, and one without a number is none that passes") {
  AgentRequests requests;
  std::string forward;
  std::string answer;
  for (const char c : request(sign, std::string(300, 'd')) + std::string(4, '\0') + request(list)) {
    const auto taken = requests.feed(std::string_view(&c, 1));
    forward += taken.forward;
    answer += taken.answer;
  }
  CHECK(forward == request(sign, std::string(300, 'd')) + request(list));
  CHECK(answer == failure_answer);
}

TEST_CASE("a request that is too large ends the connection by its length alone") {
  CHECK(AgentRequests().feed(std::string("\0\4\0\1", 4)).too_large);
  CHECK_FALSE(AgentRequests().feed(std::string("\0\4\0\0", 4)).too_large);
}

TEST_CASE("an agent is offered by its id, default when none is asked for") {
  const SshAgents agents{{"default", "/a"}, {"mine", "/b"}};
  for (const auto* id : {"", "default", "mine"}) {
    CheckAgentCall call(agents);
    call.on_message(id_message(id));
    CHECK(call.status().code == grpc::Code::ok);
    CHECK_FALSE(call.pending().empty());
  }
  CheckAgentCall unknown(agents);
  unknown.on_message(id_message("other"));
  CHECK(unknown.status().code == grpc::Code::not_found);
  CHECK(unknown.status().message.find("'other' is not given to the build") != std::string::npos);
  CHECK(make_forward_agent(agents, {{"buildkit.ssh.id", "other"}}, [] {})->status().code == grpc::Code::not_found);
}

}  // namespace saasctl::ssh_agent_test
