// Text forms of bytes: base64url without padding (RFC 4648, section 5) and lower-case hexadecimal.
// All functions are pure and may be called from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace saasctl::services {

[[nodiscard]] std::string to_base64url(std::string_view bytes);

// nullopt when the text holds a character outside the alphabet, padding, or bits left over.
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

// Sixteen digits, most significant first.
[[nodiscard]] std::string to_hex(std::uint64_t number);

// Exactly sixteen lower-case digits; nullopt otherwise (W3C Trace Context forbids upper case).
[[nodiscard]] std::optional<std::uint64_t> from_hex(std::string_view digits);

// Replaces %XX; nullopt when a percent sign is not followed by two digits (RFC 3986, section 2.1).
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace saasctl::services
