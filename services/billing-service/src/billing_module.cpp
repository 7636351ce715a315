#include "billing_module.hpp"

#include <nlohmann/json.hpp>

#include "common/core/json_body.hpp"
#include "common/runtime/authenticator.hpp"
#include "db.hpp"

namespace saasctl::billing {

namespace {

using nlohmann::json;
using services::Exchange;
using services::Response;
using services::Task;

template <class Subscription>
Response subscription_response(int status, const Subscription& subscription) {
  return services::json_response(status, {{"subscription",
                                           {{"plan", subscription.plan},
                                            {"status", subscription.status},
                                            {"started_at", services::format_timestamp(subscription.started_at)}}}});
}

Response over_quota(std::int64_t quota) {
  return services::error_response(
      402, "quota_exceeded", "Your plan includes " + std::to_string(quota) + " units a month and they are used up.");
}

class BillingModule : public services::Module {
 public:
  BillingModule(services::Url auth, const services::Tools& tools)
      : tools_(tools), authenticator_(std::move(auth), tools) {}

  void add_routes(services::Routes& routes) override {
    routes.add("GET", "/v1/plans", [this](Exchange exchange) { return plans(exchange); });
    routes.add("POST", "/v1/subscriptions", [this](Exchange exchange) { return subscribe(exchange); });
    routes.add("GET", "/v1/subscription", [this](Exchange exchange) { return subscription(exchange); });
    routes.add("POST", "/v1/usage", [this](Exchange exchange) { return report_usage(exchange); });
    routes.add("GET", "/v1/usage", [this](Exchange exchange) { return usage(exchange); });
  }

 private:
  Task<Response> plans(Exchange exchange) {
    const auto plans = co_await queries(exchange).list_plans();
    if (!plans) co_return services::database_failure(tools_.log, plans.error());
    json list = json::array();
    for (const db::Plan& plan : *plans) {
      list.push_back({{"id", plan.id},
                      {"name", plan.name},
                      {"price_cents", plan.price_cents},
                      {"monthly_units", plan.monthly_units}});
    }
    co_return services::json_response(200, {{"plans", std::move(list)}});
  }

  Task<Response> subscribe(Exchange exchange) {
    const auto user = co_await authenticator_.authenticate(exchange);
    if (!user) co_return user.error();
    const auto body = services::parse_object(exchange.request);
    if (!body) co_return body.error();
    const auto wanted = services::text_field(*body, "plan", {1, 64});
    if (!wanted) co_return wanted.error();
    const auto plan = co_await queries(exchange).find_plan(*wanted);
    if (!plan) co_return services::database_failure(tools_.log, plan.error());
    if (!*plan) {
      co_return services::error_response(422, "unknown_plan", "There is no such plan; GET /v1/plans lists them.");
    }
    const auto changed = co_await queries(exchange).change_subscription(user->id, *wanted);
    if (!changed) co_return services::database_failure(tools_.log, changed.error());
    if (*changed) co_return subscription_response(201, **changed);
    co_return co_await current_subscription(exchange, user->id);
  }

  Task<Response> subscription(Exchange exchange) {
    const auto user = co_await authenticator_.authenticate(exchange);
    if (!user) co_return user.error();
    co_return co_await current_subscription(exchange, user->id);
  }

  Task<Response> current_subscription(Exchange exchange, std::string user_id) {
    const auto found = co_await queries(exchange).find_subscription(std::move(user_id));
    if (!found) co_return services::database_failure(tools_.log, found.error());
    if (!*found) co_return services::error_response(404, "no_subscription", "You have no subscription.");
    co_return subscription_response(200, **found);
  }

  Task<Response> report_usage(Exchange exchange) {
    const auto user = co_await authenticator_.authenticate(exchange);
    if (!user) co_return user.error();
    const auto body = services::parse_object(exchange.request);
    if (!body) co_return body.error();
    const auto kind = services::text_field(*body, "kind", {1, 64});
    if (!kind) co_return kind.error();
    const auto units = services::number_field(*body, "units", 1, 1'000'000);
    if (!units) co_return units.error();
    const auto quota = co_await queries(exchange).find_monthly_units(user->id);
    if (!quota) co_return services::database_failure(tools_.log, quota.error());
    const std::int64_t included = *quota ? (*quota)->monthly_units : 0;
    // The month's first report is an INSERT, which the statement's own condition doesn't guard.
    if (*units > included) co_return over_quota(included);
    const auto total = co_await queries(exchange).add_usage(user->id, *kind, *units, included);
    if (!total) co_return services::database_failure(tools_.log, total.error());
    if (!*total) co_return over_quota(included);
    co_return services::json_response(201, {{"kind", *kind}, {"units", (*total)->units}});
  }

  Task<Response> usage(Exchange exchange) {
    const auto user = co_await authenticator_.authenticate(exchange);
    if (!user) co_return user.error();
    const auto rows = co_await queries(exchange).list_usage(user->id);
    if (!rows) co_return services::database_failure(tools_.log, rows.error());
    json list = json::array();
    for (const auto& row : *rows) list.push_back({{"kind", row.kind}, {"units", row.units}});
    co_return services::json_response(200, {{"usage", std::move(list)}});
  }

  db::Queries queries(const Exchange& exchange) const { return {tools_.database, exchange.span}; }

  services::Tools tools_;
  services::Authenticator authenticator_;
};

}  // namespace

std::unique_ptr<services::Module> make_billing_module(services::Settings& settings, const services::Tools& tools) {
  return std::make_unique<BillingModule>(settings.required_url("AUTH_URL"), tools);
}

}  // namespace saasctl::billing
