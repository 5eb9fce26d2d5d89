// orders: where customers order. It begins each transaction and takes part in it with a store of
// its own: initiator and participant at once.
//
// Keys: order/REFERENCE ("ID,CUSTOMER,PRODUCT,QUANTITY,TOTAL"), and settled/REFERENCE: -1 once it
// is final whether there is an order of that reference. Whoever settles it adds -1 with the floor
// -1, so that only one transaction ever does.
#include <assent/client/client.h>

#include <cstdint>
#include <memory>
#include <string>

#include "shop.grpc.pb.h"
#include "shop_service.h"

namespace {

constexpr std::uint32_t kMostOfOneProduct = 1'000'000;
constexpr std::chrono::seconds kCallTimeout(3);
constexpr std::chrono::seconds kTimeout(10);  // of a transaction, and of a call to its coordinator

class Orders final : public shop::OrdersService::Service {
 public:
  Orders(shop::ShopService* service, const shop::Flags& flags)
      : service_(service),
        client_({.coordinator = flags["coordinator"],
                 .transaction_timeout = kTimeout,
                 .call_timeout = kTimeout}),
        stock_(shop::StockService::NewStub(shop::Dial(flags["stock"]))),
        wallet_(shop::WalletService::NewStub(shop::Dial(flags["wallet"]))) {}

  grpc::Status PlaceOrder(grpc::ServerContext*, const shop::PlaceOrderRequest* request,
                          shop::PlaceOrderResponse* response) override {
    if (request->reference().empty() || request->quantity() == 0 ||
        request->quantity() > kMostOfOneProduct) {
      return {grpc::StatusCode::INVALID_ARGUMENT, "an order has a reference and a quantity"};
    }
    assent::Transaction order = client_.Begin();
    if (!order.valid()) return {grpc::StatusCode::UNAVAILABLE, order.error_text()};
    response->set_order_id(order.id());

    std::int64_t total = 0;
    grpc::Status taken = Reserve(*request, &order, &total);
    if (taken.ok()) taken = Charge(*request, &order, total);
    if (!taken.ok()) {
      Report(order.Abort(), response);
      response->set_reason(taken.error_message());
      return grpc::Status::OK;
    }
    order.Add("orders", assent::Operations()
                            .Add("settled/" + request->reference(), -1, -1)
                            .Put("order/" + request->reference(), Line(*request, order, total))
                            .Encode());
    order.Add("loyalty", Points(*request));
    Report(order.Commit({.expected_branches = 4}), response);
    return grpc::Status::OK;
  }

  grpc::Status SettleOrder(grpc::ServerContext*, const shop::SettleOrderRequest* request,
                           shop::PlaceOrderResponse* response) override {
    const std::string& reference = request->reference();
    // Either this settles that there is no such order, or it was settled before: the store tells.
    assent::Transaction settling = client_.Begin();
    if (!settling.valid()) return {grpc::StatusCode::UNAVAILABLE, settling.error_text()};
    settling.Add("orders", assent::Operations().Add("settled/" + reference, -1, -1).Encode());
    settling.Commit();

    const assent::StoreResult settled = service_->store().ReadCommitted("settled/" + reference);
    if (!settled.ok() || !settled.value) return shop::ToStatus(settled, "");
    const assent::StoreResult line = service_->store().ReadCommitted("order/" + reference);
    if (!line.ok()) return shop::ToStatus(line, "");
    response->set_outcome(line.value ? shop::COMMITTED : shop::ABORTED);
    if (line.value) response->set_order_id(line.value->substr(0, line.value->find(',')));
    if (!line.value) response->set_reason("the call broke");
    return grpc::Status::OK;
  }

 private:
  grpc::Status Reserve(const shop::PlaceOrderRequest& request, assent::Transaction* order,
                       std::int64_t* total) {
    grpc::ClientContext context;
    Join(order, &context);
    shop::ReserveRequest reserve;
    reserve.set_product_id(request.product_id());
    reserve.set_quantity(request.quantity());
    shop::ReserveResponse reserved;
    const grpc::Status status = stock_->Reserve(&context, reserve, &reserved);
    *total = reserved.unit_price_cents() * request.quantity();
    return Explain(status, "stock");
  }

  grpc::Status Charge(const shop::PlaceOrderRequest& request, assent::Transaction* order,
                      std::int64_t total) {
    grpc::ClientContext context;
    Join(order, &context);
    shop::ChargeRequest charge;
    charge.set_customer_id(request.customer_id());
    charge.set_amount_cents(total);
    shop::ChargeResponse charged;
    return Explain(wallet_->Charge(&context, charge, &charged), "wallet");
  }

  static void Join(assent::Transaction* order, grpc::ClientContext* context) {
    context->set_deadline(shop::DeadlineIn(kCallTimeout));
    context->set_wait_for_ready(true);  // over a restart of the service
    order->Join(context);
  }

  // For people: what the service says, or that it does not answer.
  static grpc::Status Explain(const grpc::Status& status, const std::string& service) {
    const grpc::StatusCode code = status.error_code();
    if (code == grpc::StatusCode::ABORTED) return {code, service + ": conflict"};
    if (code == grpc::StatusCode::OK || code == grpc::StatusCode::FAILED_PRECONDITION) {
      return status;
    }
    return {code, service + ": call failed"};
  }

  static std::string Line(const shop::PlaceOrderRequest& request, const assent::Transaction& order,
                          std::int64_t total) {
    return order.id() + ',' + request.customer_id() + ',' + request.product_id() + ',' +
           std::to_string(request.quantity()) + ',' + std::to_string(total);
  }

  static std::string Points(const shop::PlaceOrderRequest& request) {
    shop::GivePoints points;
    points.set_customer_id(request.customer_id());
    points.set_points(1);
    return points.SerializeAsString();
  }

  // UNKNOWN is asked for once more by id here; the caller settles what is still unknown then.
  void Report(assent::CommitReport report, shop::PlaceOrderResponse* response) {
    if (report.outcome == assent::Outcome::kUnknown) report = client_.Get(report.id);
    if (report.outcome == assent::Outcome::kCommitted) response->set_outcome(shop::COMMITTED);
    if (report.outcome != assent::Outcome::kAborted) return;
    response->set_outcome(shop::ABORTED);
    const std::string about = report.participant.empty() ? "" : report.participant + ": ";
    response->set_reason(about + std::string(assent::NameOf(report.abort_reason)));
  }

  shop::ShopService* service_;
  assent::Client client_;
  std::unique_ptr<shop::StockService::Stub> stock_;
  std::unique_ptr<shop::WalletService::Stub> wallet_;
};

}  // namespace

int main(int argc, char** argv) {
  const shop::Flags flags(argc, argv, shop::ServiceFlags({{"stock", ""}, {"wallet", ""}}));
  shop::ShopService service("orders", flags);
  Orders orders(&service, flags);
  return service.Serve(&orders);
}
