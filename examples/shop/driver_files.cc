#include "driver_files.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace shop {
namespace {

// Lines of `columns` columns, without the header.
std::vector<std::vector<std::string>> ReadCsv(const std::string& path, std::size_t columns) {
  std::ifstream file(path);
  if (!file) Die("cannot read " + path);
  std::vector<std::vector<std::string>> rows;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    rows.push_back(Split(line));
    if (rows.back().size() != columns)
      Die(path + ": not " + std::to_string(columns) + " columns: " + line);
  }
  return rows;
}

}  // namespace

void Die(const std::string& what) {
  std::fprintf(stderr, "shop_driver: %s\n", what.c_str());
  std::exit(2);
}

std::vector<std::string> Split(const std::string& line) {
  std::vector<std::string> columns(1);
  for (const char c : line) {
    if (c == ',') {
      columns.emplace_back();
    } else {
      columns.back() += c;
    }
  }
  return columns;
}

std::int64_t ToNumber(const std::string& text, const std::string& where) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const std::from_chars_result result = std::from_chars(text.data(), end, number);
  if (result.ec != std::errc() || result.ptr != end) Die(where + ": not a number: " + text);
  return number;
}

std::vector<Product> ReadCatalogue(const std::string& path) {
  std::vector<Product> products;
  for (const std::vector<std::string>& row : ReadCsv(path, 4)) {
    products.push_back({row[0], ToNumber(row[2], path), ToNumber(row[3], path)});
  }
  return products;
}

std::vector<Customer> ReadCustomers(const std::string& path) {
  std::vector<Customer> customers;
  for (const std::vector<std::string>& row : ReadCsv(path, 3)) {
    customers.push_back({row[0], ToNumber(row[2], path)});
  }
  return customers;
}

void ToldWriter::Add(const std::string& reference, const Told& told) {
  const std::lock_guard<std::mutex> lock(mutex_);
  file_ << reference << ',' << told.outcome << ',' << (told.asked_again ? 1 : 0) << ','
        << told.reason << '\n';
}

bool ToldWriter::Close() {
  const std::lock_guard<std::mutex> lock(mutex_);
  file_.close();
  return !file_.fail();
}

std::map<std::string, Told> ReadTold(const std::string& path) {
  std::ifstream file(path);
  if (!file) Die("cannot read " + path);
  std::map<std::string, Told> told;
  std::string line;
  while (std::getline(file, line)) {
    const std::vector<std::string> columns = Split(line);
    if (columns.size() != 4) Die(path + ": cannot read: " + line);
    told[columns[0]] = {columns[1], columns[3], columns[2] == "1"};
  }
  return told;
}

}  // namespace shop
