// The driver's files: catalogue and customers, and what the customers were told.
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace shop {

struct Product {
  std::string id;
  std::int64_t price_cents = 0;
  std::int64_t quantity = 0;
};

struct Customer {
  std::string id;
  std::int64_t balance_cents = 0;
};

// Each ends the process with the place of what it cannot read.
std::vector<Product> ReadCatalogue(const std::string& path);
std::vector<Customer> ReadCustomers(const std::string& path);

// What became of one order, as the customer was told.
struct Told {
  std::string outcome;  // COMMITTED, ABORTED, UNKNOWN
  std::string reason;   // of ABORTED
  bool asked_again = false;
};

// A line per order. Thread-safe.
class ToldWriter {
 public:
  explicit ToldWriter(const std::string& path) : file_(path) {}

  void Add(const std::string& reference, const Told& told);
  // False if something could not be written.
  bool Close();

 private:
  std::mutex mutex_;
  std::ofstream file_;
};

// By reference.
std::map<std::string, Told> ReadTold(const std::string& path);

std::vector<std::string> Split(const std::string& line);  // at commas

// Ends the process if `text` is not a whole number.
std::int64_t ToNumber(const std::string& text, const std::string& where);

[[noreturn]] void Die(const std::string& what);

}  // namespace shop
