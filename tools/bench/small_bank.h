// The SmallBank mix over two stores: what a customer has in checking and in savings, customers
// chosen by Zipf's law.
//
// Of 100 transactions 15 each are Balance, DepositChecking, TransactSavings, Amalgamate and
// WriteCheck, and 25 SendPayment. Half of the customers live in each store; so one transaction has
// work in one store or in both. Amalgamate moves a fixed amount, since work that travels as payload
// cannot read first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/prng.h"

namespace assent::bench {

struct BankOperation {
  std::size_t store = 0;  // 0 or 1
  std::string account;
  std::int64_t change = 0;  // 0: it is only read
};

// Values; one thread. The same seed gives the same transactions.
class SmallBank {
 public:
  static constexpr int kCustomers = 100'000;
  static constexpr double kSkew = 0.8;  // of the law: the i-th customer weighs 1 / i ^ kSkew
  // No account falls below this. Accounts begin at 0: so nearly all withdrawals are covered.
  static constexpr std::int64_t kFloor = -1'000'000;

  explicit SmallBank(std::uint64_t seed);

  std::vector<BankOperation> Next();

 private:
  int DrawCustomer();

  Prng prng_;
  std::vector<double> cumulated_;  // weights, by customer
};

}  // namespace assent::bench
