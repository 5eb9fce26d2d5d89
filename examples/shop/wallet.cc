// wallet: the customers' money. Keys: balance/CUSTOMER (in cents).
#include <cstdlib>
#include <string>

#include "shop.grpc.pb.h"
#include "shop_service.h"

namespace {

class Wallet final : public shop::WalletService::Service {
 public:
  explicit Wallet(shop::ShopService* service) : service_(service) {}

  grpc::Status Charge(grpc::ServerContext* context, const shop::ChargeRequest* request,
                      shop::ChargeResponse* response) override {
    if (request->amount_cents() < 0) {
      return {grpc::StatusCode::INVALID_ARGUMENT, "a charge is not negative"};
    }
    assent::Enlistment work = service_->agent().Enlist(*context);
    if (!work.ok()) return work.ToStatus();
    auto branch = service_->store().Branch(work.transaction());

    const assent::StoreResult balance =
        branch.Add("balance/" + request->customer_id(), -request->amount_cents(), 0);
    if (!balance.ok()) return shop::ToStatus(balance, "not enough money");

    response->set_balance_cents(std::strtoll(balance.value->c_str(), nullptr, 10));
    return work.Wait();
  }

 private:
  shop::ShopService* service_;
};

}  // namespace

int main(int argc, char** argv) {
  shop::ShopService service("wallet", shop::Flags(argc, argv, shop::ServiceFlags({})));
  Wallet wallet(&service);
  return service.Serve(&wallet);
}
