// Names of images and of what an engine keeps. Sources: distribution/reference v0.6, regexp.go and normalize.go
// (ParseAnyReference); opencontainers/go-digest v1.0, algorithm.go; moby, daemon/names/names.go
// (RestrictedNamePattern).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "stack/vocabulary.hpp"

namespace saasctl::stack {

// What keeps `text` from being a reference ([HOST[:PORT]/]PATH[:TAG][@DIGEST]) or an id of an image; nothing when it is
// one. Pure.
std::optional<std::string> fault_of_reference(std::string_view text);

// The message about it, and what is allowed.
std::string invalid_reference(std::string_view text, std::string_view fault);
inline constexpr std::string_view reference_hint =
    "write [HOST[:PORT]/]NAME[:TAG][@DIGEST], NAME in lower-case letters and digits with '.', '_', '-' or '/' between "
    "them";

// An image reference. An empty text is taken: it means no image, as Compose reads it.
Codec<std::string> image_form();

// The name of a container. An empty text counts as not written, as Compose reads it.
Codec<std::string> container_name_form();

// Letters, digits, '_', '.' and '-', beginning with a letter or digit: what an engine takes as the name of a container
// or of a volume of the local driver. That it wants two characters at least is left to the engine.
bool is_engine_name(std::string_view name);

// False for a name that no request to an engine can carry: an empty one, one with control characters, or one with an
// empty, "." or ".." piece between slashes.
bool is_askable_name(std::string_view name);

}  // namespace saasctl::stack
