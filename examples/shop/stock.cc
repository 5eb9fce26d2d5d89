// stock: what is on the shelves. Keys: stock/PRODUCT (how many), price/PRODUCT (in cents).
#include <cstdint>
#include <cstdlib>
#include <string>

#include "shop.grpc.pb.h"
#include "shop_service.h"

namespace {

class Stock final : public shop::StockService::Service {
 public:
  explicit Stock(shop::ShopService* service) : service_(service) {}

  grpc::Status Reserve(grpc::ServerContext* context, const shop::ReserveRequest* request,
                       shop::ReserveResponse* response) override {
    assent::Enlistment work = service_->agent().Enlist(*context);
    if (!work.ok()) return work.ToStatus();
    auto branch = service_->store().Branch(work.transaction());

    const assent::StoreResult price = branch.Read("price/" + request->product_id());
    if (!price.ok()) return shop::ToStatus(price, "");
    if (!price.value) return {grpc::StatusCode::NOT_FOUND, "no such product"};
    const assent::StoreResult left =
        branch.Add("stock/" + request->product_id(), -std::int64_t{request->quantity()}, 0);
    if (!left.ok()) return shop::ToStatus(left, "out of stock");

    response->set_unit_price_cents(std::strtoll(price.value->c_str(), nullptr, 10));
    return work.Wait();
  }

 private:
  shop::ShopService* service_;
};

}  // namespace

int main(int argc, char** argv) {
  shop::ShopService service("stock", shop::Flags(argc, argv, shop::ServiceFlags({})));
  Stock stock(&service);
  return service.Serve(&stock);
}
