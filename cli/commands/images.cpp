#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands/listing.hpp"
#include "commands/run_lifecycle.hpp"
#include "engine/images.hpp"
#include "terminal/raw.hpp"
#include "terminal/table.hpp"

namespace saasctl::commands {
namespace {

struct ImagesOptions {
  std::vector<std::string> services;
  bool quiet = false;
  std::string format = "table";
};

struct Row {
  std::string container;
  std::string repository;
  std::string tag;
  engine::Image image;
};

// Each image is asked for once, however many containers have it.
Result<std::vector<Row>> rows_of(const Session& session, const RunningProject& running, const ImagesOptions& options) {
  std::map<std::string, engine::Image> known;
  std::vector<Row> rows;
  for (const auto& container : containers_of(running, options.services)) {
    auto& image = known[container.image_id];
    if (image.id.empty()) {
      auto found = engine::inspect_image(running.client, container.image_id, session.stop);
      if (found)
        image = std::move(*found);
      else if (found.error().kind == ErrorKind::not_found)
        image.id = container.image_id;  // removed by force meanwhile
      else
        return std::unexpected(found.error());
    }
    auto [repository, tag] = container.image.starts_with("sha256:")
                                 ? std::pair<std::string, std::string>("<none>", "<none>")
                                 : engine::split_reference(engine::short_reference(container.image));
    rows.push_back({container.name, std::move(repository), std::move(tag), image});
  }
  return rows;
}

std::string platform_of(const engine::Image& image) {
  return image.os.empty() ? "" : image.os + "/" + image.architecture;
}

std::string short_id(const std::string& id) {
  constexpr std::size_t shown = 12;
  return id.substr(id.find(':') == std::string::npos ? 0 : id.find(':') + 1, shown);
}

std::string as_json(const std::vector<Row>& rows) {
  auto out = nlohmann::ordered_json::array();
  for (const auto& row : rows) {
    nlohmann::ordered_json entry{
        {"ID", row.image.id}, {"ContainerName", row.container},     {"Repository", row.repository},
        {"Tag", row.tag},     {"Platform", platform_of(row.image)}, {"Size", row.image.size}};
    if (row.image.created) {
      const auto seconds = std::chrono::floor<std::chrono::seconds>(row.image.created->time_since_epoch()).count();
      entry["Created"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds)));
    }
    out.push_back(std::move(entry));
  }
  return out.dump(2) + "\n";
}

std::string as_table(const std::vector<Row>& rows) {
  const engine::Timestamp now = std::chrono::system_clock::now();
  std::vector<std::vector<std::string>> cells;
  for (const auto& row : rows) {
    const auto age =
        row.image.created
            ? human_duration(std::chrono::duration_cast<std::chrono::seconds>(now - *row.image.created)) + " ago"
            : std::string();
    cells.push_back({row.container, row.repository, row.tag, platform_of(row.image), short_id(row.image.id),
                     terminal::short_size(row.image.size), age});
  }
  return terminal::table({"CONTAINER", "REPOSITORY", "TAG", "PLATFORM", "IMAGE ID", "SIZE", "CREATED"}, cells);
}

std::string as_ids(const std::vector<Row>& rows) {
  std::vector<std::string> seen;
  std::string out;
  for (const auto& row : rows) {
    if (std::ranges::find(seen, row.image.id) != seen.end()) continue;
    seen.push_back(row.image.id);
    out += row.image.id + "\n";
  }
  return out;
}

int run_images(const Session& session, const ImagesOptions& options) {
  const auto running = open_running_project(session, options.services);
  if (!running) return fail(session, running.error());
  const auto rows = rows_of(session, *running, options);
  if (!rows) return fail(session, rows.error());
  terminal::write_listing(session.terminal, options.quiet ? "" : options.format,
                          options.quiet              ? as_ids(*rows)
                          : options.format == "json" ? as_json(*rows)
                                                     : as_table(*rows));
  return 0;
}

}  // namespace

void setup_images(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<ImagesOptions>();
  auto* verb = app.add_subcommand("images", "List the images that the stack's containers were made from");
  add_services(*verb, options->services, "Services to list; all when none is named");
  verb->add_flag("-q,--quiet", options->quiet, "Their ids alone");
  add_format(*verb, options->format);
  verb->footer("\nExample: saasctl images");
  verb->callback([=] { choose([options](const Session& session) { return run_images(session, *options); }); });
}

}  // namespace saasctl::commands
