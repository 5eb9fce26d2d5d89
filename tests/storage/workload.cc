#include "tests/storage/workload.h"

namespace assent::storage {

Batch Workload::NextBatch(Records* state) {
  Batch batch;
  const uint64_t operations = 1 + random_.Below(5);
  const bool claims = random_.Below(2) == 0;
  for (uint64_t i = 0; i < operations; ++i) {
    const std::string key = "key" + std::to_string(random_.Below(12));
    const auto there = state->find(key);
    const bool remove = random_.Below(3) == 0;
    const std::string value(random_.Below(3000), static_cast<char>('a' + random_.Below(26)));
    if (!claims) {
      remove ? batch.Delete(key) : batch.Put(key, value);
    } else if (there == state->end()) {
      if (remove) continue;
      batch.Insert(key, value);
    } else {
      const uint64_t old_hash = RecordHash(key, there->second);
      remove ? batch.DeleteKnown(key, old_hash) : batch.Replace(key, old_hash, value);
    }
    if (remove) {
      state->erase(key);
    } else {
      (*state)[key] = value;
    }
  }
  return batch;
}

bool Workload::WriteOne() {
  Records state = states_.back();
  const Batch batch = NextBatch(&state);
  const bool sync = random_.Below(3) != 0;
  states_.push_back(state);
  last_error_ = database_->Write(batch, sync);
  if (last_error_.ok() && sync) durable_ = states_.size() - 1;
  return last_error_.ok();
}

void Workload::CheckThatNothingIsAcknowledged() {
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(database_->Write(PutOne("late", "x"), i % 2 == 0).ok());
    std::string value;
    EXPECT_FALSE(database_->Get("key1", &value).ok());
  }
  EXPECT_FALSE(database_->Close().ok());
}

void Workload::WriteSome(int batches) {
  for (int i = 0; i < batches; ++i) {
    if (WriteOne()) continue;
    CheckThatNothingIsAcknowledged();
    return;
  }
}

Status Workload::Reopen(testing::SimulatedFileSystem* files) {
  Kill();
  found_.clear();
  options_.file_system = files;
  last_error_ = GuardedDatabase::Open(options_, kDirectory, kIdentity, Into(&found_), &database_);
  if (!last_error_.ok()) return last_error_;
  last_reopen_was_right_ = false;
  for (size_t i = durable_; i < states_.size(); ++i) {
    if (states_[i] != found_) continue;
    last_reopen_was_right_ = true;
    // The rest never happened, and what has been handed out must stay.
    states_.resize(i + 1);
    durable_ = i;
  }
  return last_error_;
}

void Workload::Run(testing::SimulatedFileSystem* files, int batches) {
  options_.file_system = files;
  last_error_ = GuardedDatabase::Create(options_, kDirectory, kIdentity);
  if (!last_error_.ok()) return;
  created_ = true;
  if (!Reopen(files).ok()) return;
  WriteSome(batches / 2);
  if (!last_error_.ok()) return;
  last_error_ = database_->Close();
  if (!last_error_.ok()) return;
  durable_ = states_.size() - 1;
  if (!Reopen(files).ok()) return;
  WriteSome(batches - batches / 2);
}

}  // namespace assent::storage
