// Certificates of the test's own, and a proxy that ends TLS in front of a unix socket.
#pragma once

#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace saasctl::test {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
};

// A key and its certificate, signed by another one or by itself.
class Certificate {
 public:
  Certificate(const std::string& name, const std::string& alternative, const Certificate* issuer)
      : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    X509* const x = certificate_.get();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), issuer == nullptr ? 1 : 2);
    X509_gmtime_adj(X509_getm_notBefore(x), -60);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key_.get());
    auto* const subject = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1,
                               -1, 0);
    X509_set_issuer_name(x, issuer == nullptr ? subject : X509_get_subject_name(issuer->certificate_.get()));
    if (issuer == nullptr) extend(NID_basic_constraints, "critical,CA:TRUE");
    if (!alternative.empty()) extend(NID_subject_alt_name, alternative.c_str());
    if (X509_sign(x, (issuer == nullptr ? *this : *issuer).key_.get(), EVP_sha256()) == 0)
      throw std::runtime_error("X509_sign");
  }

  void write(const std::filesystem::path& certificate, const std::filesystem::path& key) const {
    FILE* const out = std::fopen(certificate.c_str(), "w");
    PEM_write_X509(out, certificate_.get());
    std::fclose(out);
    if (key.empty()) return;
    FILE* const secret = std::fopen(key.c_str(), "w");
    PEM_write_PrivateKey(secret, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(secret);
  }

  EVP_PKEY* key() const { return key_.get(); }
  X509* x509() const { return certificate_.get(); }

 private:
  void extend(int kind, const char* value) {
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
    X509_add_ext(certificate_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }

  std::unique_ptr<EVP_PKEY, Free> key_;
  std::unique_ptr<X509, Free> certificate_;
};

// Lets in whoever has a certificate of `authority`.
class TlsProxy {
 public:
  TlsProxy(const Certificate& server, const Certificate& authority, std::filesystem::path socket)
      : context_(SSL_CTX_new(TLS_server_method())),
        socket_(std::move(socket)),
        listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    SSL_CTX_use_certificate(context_.get(), server.x509());
    SSL_CTX_use_PrivateKey(context_.get(), server.key());
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), authority.x509());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    // Who asks for certificates and names no context refuses to resume a session.
    SSL_CTX_set_session_id_context(context_.get(), reinterpret_cast<const unsigned char*>("proxy"), 5);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, length) != 0 || ::listen(listener_, 64) != 0) throw std::runtime_error("listen");
    ::getsockname(listener_, generic, &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { accept(stop); });
  }
  TlsProxy(const TlsProxy&) = delete;
  TlsProxy& operator=(const TlsProxy&) = delete;
  ~TlsProxy() {
    thread_.request_stop();
    thread_.join();
    ::close(listener_);
  }

  std::string host() const { return "tcp://127.0.0.1:" + std::to_string(port_); }

 private:
  void accept(const std::stop_token& stop) {
    std::vector<std::jthread> connections;
    while (!stop.stop_requested()) {
      pollfd entry{listener_, POLLIN, 0};
      if (::poll(&entry, 1, 10) <= 0) continue;
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client >= 0) connections.emplace_back([this, client](const std::stop_token& end) { serve(client, end); });
    }
  }

  void serve(int client, const std::stop_token& stop) const {
    const std::unique_ptr<SSL, Free> tls(SSL_new(context_.get()));
    SSL_set_fd(tls.get(), client);
    const int engine = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_.string().copy(address.sun_path, sizeof address.sun_path - 1);
    if (SSL_accept(tls.get()) == 1 && ::connect(engine, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
      carry(tls.get(), client, engine, stop);
    ::close(engine);
    ::close(client);
  }

  static void carry(SSL* tls, int client, int engine, const std::stop_token& stop) {
    std::array<char, 16384> buffer{};
    bool input = true;
    while (!stop.stop_requested()) {
      std::array<pollfd, 2> entries{pollfd{input ? client : -1, POLLIN, 0}, pollfd{engine, POLLIN, 0}};
      const bool more = input && SSL_pending(tls) > 0;
      if (::poll(entries.data(), entries.size(), more ? 0 : 10) < 0) return;
      if (more || entries[0].revents != 0) {
        const int count = SSL_read(tls, buffer.data(), static_cast<int>(buffer.size()));
        if (count > 0) {
          if (!send_all(engine, {buffer.data(), static_cast<std::size_t>(count)})) return;
        } else if (SSL_get_error(tls, count) == SSL_ERROR_ZERO_RETURN) {  // close_notify: the other way stays open
          input = false;
          ::shutdown(engine, SHUT_WR);
        } else {
          return;
        }
      }
      if (entries[1].revents == 0) continue;
      const auto count = ::recv(engine, buffer.data(), buffer.size(), 0);
      if (count <= 0 || SSL_write(tls, buffer.data(), static_cast<int>(count)) <= 0) {
        SSL_shutdown(tls);
        return;
      }
    }
  }

  static bool send_all(int to, std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  std::unique_ptr<SSL_CTX, Free> context_;
  std::filesystem::path socket_;
  int listener_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

}  // namespace saasctl::test
