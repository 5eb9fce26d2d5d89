#include "tools/bench/group_writer.h"

#include <leveldb/db.h>
#include <leveldb/options.h>
#include <leveldb/write_batch.h>

#include <utility>

#include "core/check.h"

namespace assent::bench {
namespace {

// As the product's decision log.
leveldb::Options ProductOptions() {
  leveldb::Options options;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.reuse_logs = false;
  options.write_buffer_size = std::size_t{4} << 20;
  return options;
}

}  // namespace

GroupWriter::GroupWriter(const std::string& directory, Done done) : done_(std::move(done)) {
  leveldb::DB* db = nullptr;
  const leveldb::Status opened = leveldb::DB::Open(ProductOptions(), directory, &db);
  db_.reset(db);
  if (!opened.ok()) {
    error_ = opened.ToString();
    return;
  }
  thread_ = std::thread([this] { Run(); });
}

GroupWriter::~GroupWriter() {
  {
    MutexLock lock(&mutex_);
    closed_ = true;
    work_.NotifyOne();
  }
  if (thread_.joinable()) thread_.join();
}

void GroupWriter::Add(std::vector<Write> writes) {
  MutexLock lock(&mutex_);
  if (waiting_.empty()) work_.NotifyOne();
  for (Write& write : writes) waiting_.push_back(std::move(write));
}

void GroupWriter::Erase(std::string key) {
  MutexLock lock(&mutex_);
  erased_.push_back(std::move(key));
}

void GroupWriter::Run() {
  std::vector<Write> writes;
  std::vector<std::string> erased;
  while (Take(&writes, &erased)) {
    WriteOut(writes, erased);
    done_(writes);
  }
}

bool GroupWriter::Take(std::vector<Write>* writes, std::vector<std::string>* erased) {
  writes->clear();
  erased->clear();
  MutexLock lock(&mutex_);
  while (waiting_.empty() && !closed_) work_.Wait(&mutex_);
  writes->swap(waiting_);
  erased->swap(erased_);
  return !writes->empty();
}

void GroupWriter::WriteOut(const std::vector<Write>& writes,
                           const std::vector<std::string>& erased) {
  leveldb::WriteBatch batch;
  for (const Write& write : writes) {
    batch.Put(write.key, write.value);
    if (!write.erased.empty()) batch.Delete(write.erased);
  }
  for (const std::string& key : erased) batch.Delete(key);
  leveldb::WriteOptions options;
  options.sync = true;
  const leveldb::Status written = db_->Write(options, &batch);
  ASSENT_CHECK(written.ok(), "a benchmark's scratch disk works");
  ++syncs_;
}

}  // namespace assent::bench
