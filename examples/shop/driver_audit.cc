#include "driver_audit.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>

#include "shop.grpc.pb.h"

namespace shop {
namespace {

using Entries = std::map<std::string, std::string>;

constexpr int kQuietTries = 600;  // a minute, with the pause below
constexpr std::chrono::milliseconds kPause(100);

struct Order {
  std::string customer;
  std::string product;
  std::int64_t quantity = 0;
  std::int64_t total_cents = 0;
};

// What all stores say.
struct Books {
  std::map<std::string, Order> orders;  // by reference
  Entries stock;
  Entries wallet;
  Entries loyalty;
  std::size_t in_doubt = 0;
};

struct Totals {
  std::int64_t money_before = 0;
  std::int64_t money_in_wallets = 0;
  std::int64_t money_paid = 0;
  std::int64_t goods_before = 0;
  std::int64_t goods_in_stock = 0;
  std::int64_t goods_sold = 0;
};

class Store {
 public:
  explicit Store(const std::string& address)
      : address_(address),
        stub_(AuditService::NewStub(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))) {}

  Entries Read() {
    grpc::ClientContext context;
    Limit(&context);
    const auto reader = stub_->ListEntries(&context, {});
    Entries entries;
    for (Entry entry; reader->Read(&entry);) entries[entry.key()] = entry.value();
    Expect(reader->Finish());
    return entries;
  }

  std::size_t InDoubt() {
    grpc::ClientContext context;
    Limit(&context);
    ListInDoubtResponse response;
    Expect(stub_->ListInDoubt(&context, {}, &response));
    return static_cast<std::size_t>(response.transaction_ids_size());
  }

 private:
  static void Limit(grpc::ClientContext* context) {
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    context->set_wait_for_ready(true);
  }
  void Expect(const grpc::Status& status) const {
    if (!status.ok()) Die(address_ + " does not answer the audit: " + status.error_message());
  }

  std::string address_;
  std::unique_ptr<AuditService::Stub> stub_;
};

std::size_t InDoubt(std::vector<Store>* stores) {
  std::size_t in_doubt = 0;
  for (Store& store : *stores) in_doubt += store.InDoubt();
  return in_doubt;
}

std::map<std::string, Order> ToOrders(const Entries& entries) {
  const std::string prefix = "order/";
  std::map<std::string, Order> orders;
  for (const auto& entry : entries) {
    if (entry.first.compare(0, prefix.size(), prefix) != 0) continue;
    const std::vector<std::string> columns = Split(entry.second);
    if (columns.size() != 5) Die("an order that cannot be read: " + entry.second);
    orders[entry.first.substr(prefix.size())] = {columns[1], columns[2],
                                                 ToNumber(columns[3], entry.first),
                                                 ToNumber(columns[4], entry.first)};
  }
  return orders;
}

Books ReadBooks(const Addresses& addresses) {
  std::vector<Store> stores;
  for (const std::string& address :
       {addresses.orders, addresses.stock, addresses.wallet, addresses.loyalty}) {
    stores.emplace_back(address);
  }
  Books books;
  std::mutex mutex;
  std::condition_variable nothing;
  for (int i = 0; i < kQuietTries; ++i) {
    books.in_doubt = InDoubt(&stores);
    if (books.in_doubt == 0) break;
    std::unique_lock<std::mutex> lock(mutex);
    nothing.wait_for(lock, kPause);
  }
  books.orders = ToOrders(stores[0].Read());
  books.stock = stores[1].Read();
  books.wallet = stores[2].Read();
  books.loyalty = stores[3].Read();
  return books;
}

// What does not add up.
class Findings {
 public:
  void Expect(std::int64_t expected, std::int64_t found, const std::string& what) {
    if (expected == found) return;
    Add(what + ": " + std::to_string(found) + " instead of " + std::to_string(expected));
  }
  void Add(const std::string& text) {
    if (++count_ <= 20) std::printf("WRONG  %s\n", text.c_str());
  }
  std::size_t count() const { return count_; }

 private:
  std::size_t count_ = 0;
};

std::int64_t NumberAt(const Entries& entries, const std::string& key) {
  const auto found = entries.find(key);
  return found == entries.end() ? 0 : ToNumber(found->second, key);
}

// Per product: what was there is there, or sold, at its price.
void CheckGoods(const Books& books, const std::vector<Product>& products, Totals* totals,
                Findings* findings) {
  std::map<std::string, std::int64_t> sold;
  std::map<std::string, std::int64_t> price;
  for (const Product& product : products) price[product.id] = product.price_cents;
  for (const auto& [reference, order] : books.orders) {
    sold[order.product] += order.quantity;
    findings->Expect(price[order.product] * order.quantity, order.total_cents,
                     "order " + reference + ": its total");
  }
  for (const Product& product : products) {
    const std::int64_t left = NumberAt(books.stock, "stock/" + product.id);
    findings->Expect(product.quantity, left + sold[product.id],
                     "product " + product.id + ": in stock and sold");
    totals->goods_before += product.quantity;
    totals->goods_in_stock += left;
    totals->goods_sold += sold[product.id];
  }
}

// Per customer: the money is in the wallet, or paid for orders; one point for each order.
void CheckMoney(const Books& books, const std::vector<Customer>& customers, Totals* totals,
                Findings* findings) {
  std::map<std::string, std::int64_t> paid;
  std::map<std::string, std::int64_t> count;
  for (const auto& entry : books.orders) {
    paid[entry.second.customer] += entry.second.total_cents;
    count[entry.second.customer]++;
  }
  for (const Customer& customer : customers) {
    const std::int64_t left = NumberAt(books.wallet, "balance/" + customer.id);
    findings->Expect(customer.balance_cents, left + paid[customer.id],
                     "customer " + customer.id + ": in the wallet and paid");
    findings->Expect(count[customer.id], NumberAt(books.loyalty, "points/" + customer.id),
                     "customer " + customer.id + ": loyalty points");
    totals->money_before += customer.balance_cents;
    totals->money_in_wallets += left;
    totals->money_paid += paid[customer.id];
  }
}

// What was told is so, and nothing is there that nobody was told of.
void CheckTold(const Books& books, const std::map<std::string, Told>& told, Findings* findings) {
  for (const auto& [reference, answer] : told) {
    const bool there = books.orders.count(reference) > 0;
    if (answer.outcome == "UNKNOWN" || (answer.outcome == "COMMITTED") == there) continue;
    findings->Add("order " + reference + ": told " + answer.outcome + ", and it is " +
                  (there ? "there" : "not there"));
  }
  for (const auto& entry : books.orders) {
    if (told.count(entry.first) == 0) findings->Add("order " + entry.first + ": nobody was told");
  }
}

std::string Cents(std::int64_t cents) {
  const std::string text = std::to_string(cents % 100);
  return std::to_string(cents / 100) + "." + (text.size() < 2 ? "0" : "") + text;
}

void Row(const std::string& name, const std::string& value) {
  std::printf("  %-40s %s\n", name.c_str(), value.c_str());
}

// Returns how many are unknown.
std::int64_t PrintTold(const std::map<std::string, Told>& told) {
  std::map<std::string, std::int64_t> outcomes;
  std::map<std::string, std::int64_t> reasons;
  std::int64_t asked_again = 0;
  for (const auto& entry : told) {
    outcomes[entry.second.outcome]++;
    if (entry.second.outcome == "ABORTED") reasons[entry.second.reason]++;
    if (entry.second.asked_again) asked_again++;
  }
  Row("orders tried", std::to_string(told.size()));
  Row("  committed", std::to_string(outcomes["COMMITTED"]));
  Row("  aborted", std::to_string(outcomes["ABORTED"]));
  for (const auto& entry : reasons) Row("    " + entry.first, std::to_string(entry.second));
  Row("  unknown after asking again",
      std::to_string(outcomes["UNKNOWN"]) + "  (asked again: " + std::to_string(asked_again) + ")");
  return outcomes["UNKNOWN"];
}

void PrintTotals(const Totals& totals, std::size_t in_doubt, const std::string& longest) {
  Row("money before", Cents(totals.money_before));
  Row("money after", Cents(totals.money_in_wallets + totals.money_paid) + "  = " +
                         Cents(totals.money_in_wallets) + " in wallets + " +
                         Cents(totals.money_paid) + " paid");
  Row("goods before", std::to_string(totals.goods_before));
  Row("goods after", std::to_string(totals.goods_in_stock + totals.goods_sold) + "  = " +
                         std::to_string(totals.goods_in_stock) + " in stock + " +
                         std::to_string(totals.goods_sold) + " sold");
  Row("branches in doubt", std::to_string(in_doubt));
  Row("longest time in doubt", longest + " ms");
}

}  // namespace

int RunAudit(const AuditOptions& options, const std::vector<Product>& products,
             const std::vector<Customer>& customers) {
  const std::map<std::string, Told> told = ReadTold(options.report + "/told.csv");
  std::string longest;
  std::ifstream(options.report + "/longest_in_doubt_ms") >> longest;
  const Books books = ReadBooks(options.addresses);

  Findings findings;
  Totals totals;
  std::printf("\n");
  findings.Expect(0, PrintTold(told), "unknown orders");
  findings.Expect(0, static_cast<std::int64_t>(books.in_doubt), "branches in doubt");
  CheckGoods(books, products, &totals, &findings);
  CheckMoney(books, customers, &totals, &findings);
  CheckTold(books, told, &findings);
  PrintTotals(totals, books.in_doubt, longest);
  Row("audit", findings.count() == 0
                   ? "everything adds up"
                   : "FAILED: " + std::to_string(findings.count()) + " things do not add up");
  return findings.count() == 0 ? 0 : 1;
}

}  // namespace shop
