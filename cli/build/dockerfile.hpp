// What a Dockerfile says, as far as the order of builds and the place of an error need it. Pure. Private to this room.
// Source: docs.docker.com, "Dockerfile reference"; moby/buildkit frontend/dockerfile/parser and dockerfile2llb (names
// of steps).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/input.hpp"

namespace saasctl::build {

inline constexpr FileKind dockerfile_kind{"a Dockerfile", 16 * mebibyte};

struct Instruction {
  std::string keyword;   // in upper case
  std::string text;      // all of it, with the keyword; its lines are joined, comments left out
  std::size_t line = 0;  // its first, counted from 1
  std::size_t last = 0;  // its last
};

using BuildArgs = std::map<std::string, std::string>;

// The instructions in order. Never fails: what is no Dockerfile gives whatever its lines look like.
std::vector<Instruction> parse_dockerfile(std::string_view text);

// The images that are built upon or copied from (FROM, COPY --from, RUN --mount=from=), without stages and `scratch`.
// ARGs before the first FROM count with their defaults or the values in `args`; a name that hangs on an ARG without
// value is left out.
std::vector<std::string> images_of(const std::vector<Instruction>& instructions, const BuildArgs& args);

// The instruction that a step was made from ("[build 2/5] RUN make", "[internal] load metadata for …", "STEP 2/5: RUN
// make"); nothing when that is not certain.
std::optional<Instruction> instruction_of_step(const std::vector<Instruction>& instructions, const BuildArgs& args,
                                               std::string_view step);

// The lines from `line` to `last` marked, with two around them: "   3 | FROM x", ">> 4 | RUN y".
std::vector<std::string> excerpt_of(std::string_view text, std::size_t line, std::size_t last);

}  // namespace saasctl::build
