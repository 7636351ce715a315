// The build session's server: whatever a peer sends, behind a connection that began well.
#include "build/http2_server.hpp"
#include "fuzz.hpp"

using namespace saasctl;
using namespace saasctl::build::grpc;

namespace {

class Echo : public Call {
 public:
  void on_message(std::string_view message) override { send(message); }
  void on_end() override { finish(); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Http2Server server([](std::string_view, const Metadata&) { return std::make_unique<Echo>(); });
  std::string out;
  if (!server.receive("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) std::abort();
  for (auto rest = fuzz::text_of(data, size); !rest.empty();) {
    const auto piece = std::min<std::size_t>(rest.size(), 64);
    if (!server.receive(rest.substr(0, piece)) || !server.collect(out, out.size() + 4096)) return 0;
    rest.remove_prefix(piece);
  }
  server.terminate();
  static_cast<void>(server.collect(out, out.size() + 4096));
  return 0;
}
