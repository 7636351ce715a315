// `/app --emit-span TRACE_ID [NAME]`: proves from inside the container that Jaeger's UDP agent can be reached.
#pragma once

#include <string_view>

#include "common/core/service_settings.hpp"
#include "common/core/span_record.hpp"

namespace saasctl::services {

// Sends one span of that trace (32 lower-case hex digits) to the agent, with the resolver and encoder the server
// uses. Returns the exit code: 0 sent; 1 when there is no agent, the host does not resolve or sending failed; 2 when
// the trace id is malformed. Says why on standard error.
[[nodiscard]] int emit_span(const TracingSettings& tracing, Resource resource, std::string_view trace_id,
                            std::string_view span_name);

}  // namespace saasctl::services
