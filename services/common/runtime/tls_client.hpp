// Calls to https addresses: TLS 1.2 or later, the peer's certificate checked against the image's CA certificates
// (/etc/ssl/certs/ca-certificates.crt) and against the host's name (RFC 9110, section 4.3.4).
#pragma once

#include "common/runtime/http_client.hpp"

namespace saasctl::services {

// One connection a call.
[[nodiscard]] Task<CallResult> secure_call(Call call);

}  // namespace saasctl::services
