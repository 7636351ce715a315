#include "stack/deploy.hpp"

#include "util/text.hpp"

namespace saasctl::stack {
namespace {

constexpr auto one_engine = "there is one engine, and nothing to choose";
constexpr auto no_orchestrator = "only an orchestrator acts on it";

Codec<Limits> limits_form() {
  static const auto record =
      Record<Limits>("limits", "Bounds on what a container may use.")
          .key("cpus", &Limits::cpus, decimal(0, most_processors), "Processors, 0.5 is half of one.")
          .key("memory", &Limits::memory, bytes(), "Memory.")
          .example("memory: 256M")
          .key("pids", &Limits::pids, integer(-1, INT64_MAX), "Processes and threads.");
  return record.form();
}

const Record<DeviceRequest>& device_request_record() {
  static const auto record =
      Record<DeviceRequest>("device-request", "Devices that a driver of the engine finds, such as graphics processors.")
          .key("capabilities", &DeviceRequest::capabilities, list_of(any_text()),
               "What the devices must be able to do.")
          .example("capabilities: [gpu]")
          .key("count", &DeviceRequest::count,
               checked_text("a number of devices or all", "",
                            [](std::string_view value) { return value == "all" || parse_integer(value).has_value(); }),
               "How many; default: all.")
          .key("device_ids", &DeviceRequest::device_ids, list_of(any_text()), "Which ones, instead of count.")
          .key("driver", &DeviceRequest::driver, any_text(), "Driver of the engine.")
          .key("options", &DeviceRequest::options, pairs(), "Options of the driver.");
  return record;
}

Codec<DeviceRequest> device_request_form(bool needs_capabilities) {
  auto form = device_request_record().form();
  form.read = [read = form.read, needs_capabilities](const Node& node, Reader& reader) -> std::optional<DeviceRequest> {
    auto request = read(node, reader);
    if (!request) return std::nullopt;
    if (request->count && !request->device_ids.empty())
      reader.diagnostics().add(request->where("count"), 5, "count and device_ids exclude each other",
                               "keep one of them");
    if (needs_capabilities && request->capabilities.empty())
      reader.error(node, "a device needs its capabilities", "for example capabilities: [gpu]");
    return request;
  };
  return form;
}

Codec<GenericResource> generic_resource_form() {
  static const auto discrete = Record<DiscreteResource>("discrete-resource", "A number of a named resource.")
                                   .key("kind", &DiscreteResource::kind, any_text(), "Name of the resource.")
                                   .no_effect(no_orchestrator)
                                   .key("value", &DiscreteResource::value, integer(0, INT64_MAX), "How many.")
                                   .no_effect(no_orchestrator);
  static const auto record =
      Record<GenericResource>("generic-resource", "A resource that the nodes of an orchestrator declare.")
          .key("discrete_resource_spec", &GenericResource::discrete_resource_spec, discrete.form(), "Which, how many.")
          .no_effect(no_orchestrator);
  return record.form();
}

Codec<Resources> resources_form() {
  static const auto reservations =
      Record<Reservations>("reservations", "What is set aside for a container.")
          .key("cpus", &Reservations::cpus, decimal(0, most_processors), "Processors.")
          .no_effect("the engine sets none aside")
          .key("memory", &Reservations::memory, bytes(), "Memory that stays when the machine runs short of it.")
          .key("generic_resources", &Reservations::generic_resources, list_of(generic_resource_form()),
               "Resources that the nodes of an orchestrator declare.")
          .no_effect(no_orchestrator)
          .key("devices", &Reservations::devices, list_of(device_request_form(true)),
               "Devices given to the container.");
  static const auto record =
      Record<Resources>("resources", "What a container may use and what is set aside for it.")
          .key("limits", &Resources::limits, limits_form(), "The most it may use.")
          .key("reservations", &Resources::reservations, reservations.form(), "What is set aside for it.");
  return record.form();
}

Codec<RestartPolicy> restart_policy_form() {
  static const auto record =
      Record<RestartPolicy>("restart-policy", "When the engine starts the container again; instead of restart.")
          .key("condition", &RestartPolicy::condition,
               one_of({"none", "on-failure", "any", "no", "always", "unless-stopped"}),
               "When; default: any, as the specification has it (docker compose: never).")
          .key("max_attempts", &RestartPolicy::max_attempts, integer(0, INT64_MAX),
               "How often, with condition on-failure.")
          .key("delay", &RestartPolicy::delay, duration(), "Pause before it.")
          .no_effect("the engine's own pause doubles from 100ms")
          .key("window", &RestartPolicy::window, duration(), "Time after which a start counts as good.")
          .no_effect("for the engine it is 10s");
  auto form = record.form();
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<RestartPolicy> {
    auto policy = read(node, reader);
    if (policy && policy->max_attempts && policy->condition.value_or("any") != "on-failure") {
      reader.diagnostics().add(policy->where("max_attempts"), 12, "an engine counts attempts only after failures",
                               "write condition: on-failure, or remove max_attempts");
    }
    return policy;
  };
  return form;
}

Record<UpdateConfig> update_config_record(std::string name, Literal doc) {
  return Record<UpdateConfig>(std::move(name), doc)
      .key("parallelism", &UpdateConfig::parallelism, integer(0, INT64_MAX), "Containers at once.")
      .no_effect(no_orchestrator)
      .key("delay", &UpdateConfig::delay, duration(), "Pause between them.")
      .no_effect(no_orchestrator)
      .key("failure_action", &UpdateConfig::failure_action, one_of({"continue", "pause", "rollback"}),
           "What follows a failure.")
      .no_effect("see --on-failure of up")
      .key("monitor", &UpdateConfig::monitor, duration(), "Time in which a failure counts.")
      .no_effect(no_orchestrator)
      .key("max_failure_ratio", &UpdateConfig::max_failure_ratio, decimal(0, 1), "Failures that are borne.")
      .no_effect(no_orchestrator)
      .key("order", &UpdateConfig::order, one_of({"start-first", "stop-first"}),
           "Whether the new container starts before the old one stops; default: stop-first, which is all that docker "
           "compose does.");
}

Codec<Placement> placement_form() {
  static const auto preference = Record<Preference>("preference", "How containers are spread.")
                                     .key("spread", &Preference::spread, any_text(), "Label of the nodes.")
                                     .no_effect(one_engine);
  static const auto record =
      Record<Placement>("placement", "On which nodes containers run.")
          .key("constraints", &Placement::constraints, list_of(any_text()), "What a node must be.")
          .no_effect(one_engine)
          .key("preferences", &Placement::preferences, list_of(preference.form()), "How containers are spread.")
          .no_effect(one_engine)
          .key("max_replicas_per_node", &Placement::max_replicas_per_node, integer(0, INT64_MAX), "Most on one node.")
          .no_effect(one_engine);
  return record.form();
}

}  // namespace

Codec<Deploy> deploy_form() {
  static const auto update = update_config_record("update-config", "How containers are replaced by new ones.");
  static const auto rollback =
      update_config_record("rollback-config", "How an orchestrator goes back to the earlier containers.");
  static const auto record =
      Record<Deploy>("deploy", "How a service is deployed.")
          .key("mode", &Deploy::mode, one_of({"replicated", "global", "replicated-job", "global-job"}),
               "Containers by number, or one on each node.")
          .no_effect(one_engine)
          .key("replicas", &Deploy::replicas, integer(0, 10'000), "How many containers; default: 1.")
          .key("resources", &Deploy::resources, resources_form(), "Limits and reservations.")
          .key("restart_policy", &Deploy::restart_policy, restart_policy_form(),
               "When the engine starts the container again; goes before restart.")
          .key("update_config", &Deploy::update_config, update.form(), "How containers are replaced by new ones.")
          .key("rollback_config", &Deploy::rollback_config, rollback.form(), "How one goes back.")
          .no_effect("see --on-failure of up")
          .key("labels", &Deploy::labels, pairs(), "Labels of the service, not of its containers.")
          .no_effect("an engine has containers only")
          .key("placement", &Deploy::placement, placement_form(), "On which nodes containers run.")
          .no_effect(one_engine)
          .key("endpoint_mode", &Deploy::endpoint_mode, one_of({"vip", "dnsrr"}), "How clients find the containers.")
          .no_effect("an engine's name server names every container");
  auto form = or_empty(record.form());
  form.read = [read = record.form().read](const Node& node, Reader& reader) -> std::optional<Deploy> {
    if (node.kind == Kind::null) return std::nullopt;  // as if the key were not there
    return read(node, reader);
  };
  return form;
}

Codec<std::vector<DeviceRequest>> gpus_form() {
  auto form = list_of(device_request_form(false));
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<std::vector<DeviceRequest>> {
    if (node.kind == Kind::list) return read(node, reader);
    const auto scalar = reader.scalar(node);
    if (!scalar) return std::nullopt;
    if (scalar->value != "all") {
      reader.wrong_type(node, "all or a list of devices");
      return std::nullopt;
    }
    DeviceRequest all;
    all.at = node.at;
    all.count = "all";
    return std::vector{std::move(all)};
  };
  form.schema = [list = form.schema]() -> Json { return {{"oneOf", {{{"const", "all"}}, list()}}}; };
  form.type_name = "all or " + form.type_name;
  return form;
}

}  // namespace saasctl::stack
