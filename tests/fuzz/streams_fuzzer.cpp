// What the engine streams: logs in frames, lines of JSON, BuildKit's progress. The first byte says where pieces are
// cut.
#include "build/progress.hpp"
#include "engine/json_lines.hpp"
#include "engine/logs.hpp"
#include "engine/time.hpp"
#include "fuzz.hpp"

using namespace saasctl;

namespace {

// Feeds the text in pieces until the reader refuses it.
template <typename Feed>
void in_pieces(std::string_view text, std::size_t length, Feed feed) {
  for (; !text.empty(); text.remove_prefix(std::min(length, text.size()))) {
    if (!feed(text.substr(0, length))) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t length = data[0] % 32 + 1;
  const auto text = fuzz::text_of(data + 1, size - 1);

  std::size_t given = 0;
  engine::Demultiplexer frames(false, [&](engine::Stream, std::string_view bytes) { given += bytes.size(); });
  in_pieces(text, length, [&](std::string_view piece) { return frames.feed(piece).has_value(); });
  fuzz::claim(given <= text.size(), "frames give no more than they hold");

  engine::JsonLines lines([](const nlohmann::json&) { return true; });
  in_pieces(text, length, [&](std::string_view piece) { return lines.feed(piece).value_or(false); });

  build::ProgressModel progress([](const build::Progress&) {});
  static_cast<void>(progress.feed(text));
  progress.finish();
  progress.failed_step();
  engine::parse_timestamp(text);
  return 0;
}
