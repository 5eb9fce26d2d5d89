// shop_driver: the shop's customers, and its auditor.
//
//   shop_driver open  --coordinator ADDRESS --catalogue FILE --customers FILE
//   shop_driver run   ... --orders, --stock, --wallet, --loyalty ADDRESS --report DIRECTORY
//   shop_driver audit ... the same
//
// `open` fills the shelves and the wallets, in one transaction. `run` places orders, and writes to
// the report what the customers were told. `audit` reads all stores; exit code 0: all adds up, 1:
// it does not, 2: it could not be done.
#include <assent/client/client.h>
#include <assent/participant/key_value_store_operations.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>

#include "driver_audit.h"
#include "driver_files.h"
#include "driver_run.h"

namespace {

using Flags = std::map<std::string, std::string>;

constexpr int kOpenTries = 300;  // half a minute, with the pause below
constexpr std::chrono::milliseconds kPause(100);

Flags ReadFlags(int argc, char** argv) {
  Flags flags = {{"coordinator", ""}, {"orders", ""},    {"stock", ""},     {"wallet", ""},
                 {"loyalty", ""},     {"catalogue", ""}, {"customers", ""}, {"report", ""},
                 {"seconds", "20"},   {"workers", "16"}, {"seed", "1"}};
  for (int i = 2; i < argc; i += 2) {
    const std::string name = argv[i];
    const auto flag = flags.find(name.substr(0, 2) == "--" ? name.substr(2) : "");
    if (flag == flags.end() || i + 1 >= argc) shop::Die("cannot use this argument: " + name);
    flag->second = argv[i + 1];
  }
  return flags;
}

// The first stock and money, as payloads: the shop opens with all of it, or not at all.
assent::CommitReport TryToOpen(const std::vector<shop::Product>& products,
                               const std::vector<shop::Customer>& customers,
                               assent::Client* client) {
  assent::Operations stock;
  for (const shop::Product& product : products) {
    stock.Put("stock/" + product.id, std::to_string(product.quantity));
    stock.Put("price/" + product.id, std::to_string(product.price_cents));
  }
  assent::Operations wallet;
  for (const shop::Customer& customer : customers) {
    wallet.Put("balance/" + customer.id, std::to_string(customer.balance_cents));
  }
  assent::Transaction opening = client->Begin();
  if (!opening.valid()) return {};
  opening.Add("stock", stock.Encode());
  opening.Add("wallet", wallet.Encode());
  return opening.Commit();
}

// Again while the participants are still starting. The same twice does no harm.
int Open(const std::string& coordinator, const std::vector<shop::Product>& products,
         const std::vector<shop::Customer>& customers) {
  assent::ClientOptions options;
  options.coordinator = coordinator;
  assent::Client client(options);
  std::mutex mutex;
  std::condition_variable nothing;
  assent::CommitReport report;
  for (int i = 0; i < kOpenTries; ++i) {
    report = TryToOpen(products, customers, &client);
    if (report.outcome == assent::Outcome::kCommitted) return 0;
    std::unique_lock<std::mutex> lock(mutex);
    nothing.wait_for(lock, kPause);
  }
  std::fprintf(stderr, "shop_driver: the shop does not open: %s %s\n", report.participant.c_str(),
               report.text.c_str());
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  Flags flags = ReadFlags(argc, argv);
  const std::vector<shop::Product> products = shop::ReadCatalogue(flags["catalogue"]);
  const std::vector<shop::Customer> customers = shop::ReadCustomers(flags["customers"]);
  const shop::Addresses addresses = {flags["orders"], flags["stock"], flags["wallet"],
                                     flags["loyalty"]};
  if (mode == "open") return Open(flags["coordinator"], products, customers);
  if (mode == "audit") return shop::RunAudit({addresses, flags["report"]}, products, customers);
  if (mode != "run") shop::Die("say open, run or audit");
  shop::RunOptions run;
  run.addresses = addresses;
  run.seconds = shop::ToNumber(flags["seconds"], "--seconds");
  run.workers = shop::ToNumber(flags["workers"], "--workers");
  run.seed = shop::ToNumber(flags["seed"], "--seed");
  run.report = flags["report"];
  return shop::RunOrders(run, products, customers);
}
