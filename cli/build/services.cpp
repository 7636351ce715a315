#include "build/services.hpp"

#include <fmt/format.h>

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "engine/auth.hpp"
#include "util/guarded.hpp"
#include "util/input.hpp"

namespace saasctl::build {
namespace {

// GetSecretRequest.ID and CredentialsRequest.Host are both field 1; damaged requests give the empty text.
std::string first_text(std::string_view message) {
  std::string text;
  try {
    protozero::pbf_reader reader(message.data(), message.size());
    while (reader.next(1, protozero::pbf_wire_type::length_delimited)) text = reader.get_string();
  } catch (const protozero::exception&) {
    text.clear();
  }
  return text;
}

}  // namespace

void HealthCall::on_message(std::string_view) {
  constexpr std::int32_t serving = 1;
  std::string response;
  protozero::pbf_writer(response).add_enum(1, serving);
  send(response);
  finish();
}

void SecretCall::on_message(std::string_view request) {
  const auto id = first_text(request);
  const auto secret = secrets_.find(id);
  if (secret == secrets_.end()) return finish({grpc::Code::not_found, fmt::format("secret {} not found", id)});
  if (secret->second.content) return answer(id, *secret->second.content);
  const auto content = read_file(secret->second.file, {"a build secret", max_size});
  if (content) return answer(id, *content);
  const auto code = content.error().kind == ErrorKind::not_found ? grpc::Code::not_found : grpc::Code::internal;
  finish({code, fmt::format("secret {}: {}", id, content.error().message)});
}

void SecretCall::answer(const std::string& id, const std::string& content) {
  if (content.size() > max_size) {
    return finish({grpc::Code::resource_exhausted, fmt::format("secret {} is larger than {} bytes", id, max_size)});
  }
  std::string response;
  protozero::pbf_writer(response).add_bytes(1, content);
  send(response);
  finish();
}

void CredentialsCall::on_message(std::string_view request) {
  if (thread_.joinable()) return;
  std::promise<Answer> promise;
  answer_ = promise.get_future();
  thread_ = std::jthread([this, host = first_text(request), result = std::move(promise)](std::stop_token stop) mutable {
    try {
      result.set_value(look_up(host, std::move(stop)));
    } catch (const std::exception& error) {
      result.set_value({.username = {}, .secret = {}, .error = exception_error(error).message});
    }
    wake_();
  });
}

CredentialsCall::Answer CredentialsCall::look_up(const std::string& host, std::stop_token stop) const {
  if (docker_config_.empty()) return {};
  const auto found = engine::registry_credentials(docker_config_, host, std::move(stop));
  if (!found) return {.username = {}, .secret = {}, .error = found.error().message};
  if (!*found) return {};
  const bool token = !(*found)->identity_token.empty();
  return {.username = token ? std::string() : (*found)->username,
          .secret = token ? (*found)->identity_token : (*found)->password,
          .error = {}};
}

void CredentialsCall::produce() {
  if (!answer_.valid() || answer_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
  const auto answer = answer_.get();
  if (!answer.error.empty()) return finish({grpc::Code::internal, answer.error});
  std::string response;
  protozero::pbf_writer writer(response);
  if (!answer.username.empty()) writer.add_string(1, answer.username);
  if (!answer.secret.empty()) writer.add_string(2, answer.secret);
  send(response);
  finish();
}

}  // namespace saasctl::build
