#include "tools/bench/small_bank.h"

#include <algorithm>
#include <cmath>

namespace assent::bench {
namespace {

constexpr std::int64_t kAmount = 5;

BankOperation Of(const char* kind, int customer, std::int64_t change) {
  return {static_cast<std::size_t>(customer % 2), kind + std::to_string(customer), change};
}

BankOperation Checking(int customer, std::int64_t change) {
  return Of("checking", customer, change);
}

BankOperation Savings(int customer, std::int64_t change) { return Of("savings", customer, change); }

}  // namespace

SmallBank::SmallBank(std::uint64_t seed) : prng_(seed) {
  double sum = 0;
  for (int i = 1; i <= kCustomers; ++i) {
    sum += 1 / std::pow(i, kSkew);
    cumulated_.push_back(sum);
  }
}

int SmallBank::DrawCustomer() {
  constexpr std::uint64_t kParts = std::uint64_t{1} << 53;
  const double part = static_cast<double>(prng_.Below(kParts)) / static_cast<double>(kParts);
  const auto found =
      std::upper_bound(cumulated_.begin(), cumulated_.end(), part * cumulated_.back());
  return static_cast<int>(std::min(found - cumulated_.begin(), std::ptrdiff_t{kCustomers - 1}));
}

std::vector<BankOperation> SmallBank::Next() {
  const std::uint64_t kind = prng_.Below(100);
  const int first = DrawCustomer();
  int second = DrawCustomer();
  if (second == first) second = (first + 1) % kCustomers;
  if (kind < 15) return {Checking(first, 0), Savings(first, 0)};                // Balance
  if (kind < 30) return {Checking(first, kAmount)};                             // DepositChecking
  if (kind < 45) return {Savings(first, kAmount)};                              // TransactSavings
  if (kind < 60) return {Savings(first, -kAmount), Checking(second, kAmount)};  // Amalgamate
  if (kind < 75) return {Savings(first, 0), Checking(first, -kAmount)};         // WriteCheck
  return {Checking(first, -kAmount), Checking(second, kAmount)};                // SendPayment
}

}  // namespace assent::bench
