#include "coordinator/configuration_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <toml.hpp>

namespace assent {
namespace {

struct Collector {
  std::string file;
  std::vector<std::pair<std::uint_least32_t, FileSetting>> found;  // by line

  void Take(const std::vector<std::string>& path, const toml::value& value);
};

FileValueKind KindOf(const toml::value& value) {
  if (value.is_string()) return FileValueKind::kText;
  if (value.is_integer()) return FileValueKind::kInteger;
  if (value.is_boolean()) return FileValueKind::kSwitch;
  return value.is_table() ? FileValueKind::kTable : FileValueKind::kOther;
}

std::string TextOf(const toml::value& value) {
  if (value.is_string()) return value.as_string().str;
  if (value.is_integer()) return std::to_string(value.as_integer());
  if (value.is_boolean()) return value.as_boolean() ? "true" : "false";
  return {};
}

// An empty table has no leaves: it is a setting itself, so that an unknown one is noticed.
void Collector::Take(const std::vector<std::string>& path, const toml::value& value) {
  if (value.is_table() && (path.empty() || !value.as_table().empty())) {
    for (const auto& entry : value.as_table()) {
      std::vector<std::string> below = path;
      below.push_back(entry.first);
      Take(below, entry.second);
    }
    return;
  }
  const auto line = value.location().line();
  FileSetting setting{path, KindOf(value), TextOf(value), file + ":" + std::to_string(line)};
  found.emplace_back(line, std::move(setting));
}

}  // namespace

std::string FileSetting::Key() const {
  std::string key;
  for (const std::string& part : path) key += (key.empty() ? "" : ".") + part;
  return key;
}

std::optional<std::string> ReadConfigurationFile(const std::string& name,
                                                 std::vector<FileSetting>* settings) {
  std::ifstream file(name, std::ios::binary);
  if (file) file.peek();  // a directory opens, and fails here
  if (!file.is_open() || file.bad()) {
    return name + ": cannot be read (" + std::strerror(errno) + "); give --config a readable file";
  }
  file.clear();  // an empty file is at its end
  Collector collector{name, {}};
  try {
    collector.Take({}, toml::parse(file, name));
  } catch (const toml::exception& error) {
    return name + ":" + std::to_string(error.location().line()) + ": not TOML:\n" + error.what();
  } catch (const std::exception& error) {
    return name + ": not TOML: " + error.what();
  }
  std::stable_sort(collector.found.begin(), collector.found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& one : collector.found) settings->push_back(std::move(one.second));
  return std::nullopt;
}

}  // namespace assent
