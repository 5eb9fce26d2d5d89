#include <filesystem>
#include <map>

#include "core/check.h"
#include "participant/key_value_store.h"
#include "participant/memory_store.h"
#include "tests/participant/ledger.h"
#include "tests/participant/resource_manager_contract.h"
#include "tests/support/simulated_file_system.h"
#include "tests/support/temporary_directory.h"

namespace assent {
namespace {

const StoreId kStore{7, 9};

// Name, size and time of each file; nothing if a file went away under way.
std::optional<std::string> Listing(const std::string& directory) {
  std::error_code error;
  std::string listing;
  for (std::filesystem::recursive_directory_iterator file(directory, error), end;
       !error && file != end; file.increment(error)) {
    if (file->is_directory(error) || error) continue;
    listing += file->path().string() + " " + std::to_string(file->file_size(error)) + " ";
    if (error) break;
    listing += std::to_string(file->last_write_time(error).time_since_epoch().count()) + "\n";
    if (error) break;
  }
  if (error) return std::nullopt;
  return listing;
}

// False if a file went away under way.
bool CopyFiles(const std::string& source, const std::string& target) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::remove_all(target, error);
  if (!error) fs::create_directories(target, error);
  for (fs::recursive_directory_iterator file(source, error), end; !error && file != end;
       file.increment(error)) {
    const fs::path to = fs::path(target) / file->path().lexically_relative(source);
    if (file->is_directory(error)) {
      fs::create_directories(to, error);
    } else if (!error) {
      fs::copy_file(file->path(), to, error);
    }
    if (error) break;
  }
  return !error;
}

// A copy is a moment of the directory only if nothing changed meanwhile: LevelDB tidies up in the
// background, for a while.
void CopyAtRest(const std::string& source, const std::string& target) {
  while (true) {
    const std::optional<std::string> before = Listing(source);
    const bool copied = CopyFiles(source, target);
    if (copied && before && before == Listing(source)) return;
  }
}

std::optional<std::string> CommittedInStore(ResourceManager* manager, const std::string& key) {
  return static_cast<KeyValueStore*>(manager)->ReadCommitted(key).value;
}

// A crash is a copy of the files: what a killed process leaves behind.
class RealStoreSubject : public Subject {
 public:
  RealStoreSubject() {
    const std::string error = KeyValueStore::Create(OptionsNow(), kStore);
    ASSENT_CHECK(error.empty(), error.c_str());
  }
  std::unique_ptr<ResourceManager> Open() override {
    return std::make_unique<KeyValueStore>(OptionsNow());
  }
  void Crash() override {
    const std::string before = OptionsNow().directory;
    ++lives_;
    CopyAtRest(before, OptionsNow().directory);
  }
  std::optional<std::string> Committed(ResourceManager* manager, const std::string& key) override {
    return CommittedInStore(manager, key);
  }

 private:
  KeyValueStoreOptions OptionsNow() const {
    KeyValueStoreOptions options;
    options.directory = directory_ / ("store" + std::to_string(lives_));
    options.check_claims = true;
    options.reserve_bytes = 0;
    return options;
  }

  testing::TemporaryDirectory directory_;
  int lives_ = 0;
};

// A crash is a power loss: all that is not synced is gone.
class SimulatedStoreSubject : public Subject {
 public:
  SimulatedStoreSubject() {
    disks_.push_back(std::make_unique<testing::SimulatedFileSystem>());
    ASSENT_CHECK(disks_.back()->CreateDir("/data").ok());
    const std::string error = KeyValueStore::Create(OptionsNow(), kStore);
    ASSENT_CHECK(error.empty(), error.c_str());
  }
  std::unique_ptr<ResourceManager> Open() override {
    return std::make_unique<KeyValueStore>(OptionsNow());
  }
  void Crash() override {
    disks_.push_back(disks_.back()->AfterCrash(testing::Loss::kAllUnsynced, disks_.size()));
  }
  void Pump(ResourceManager* manager) override {
    while (static_cast<KeyValueStore*>(manager)->RunPending()) {
    }
  }
  std::optional<std::string> Committed(ResourceManager* manager, const std::string& key) override {
    return CommittedInStore(manager, key);
  }

 private:
  KeyValueStoreOptions OptionsNow() const {
    KeyValueStoreOptions options;
    options.directory = "/data/store";
    options.file_system = disks_.back().get();
    options.own_thread = false;
    options.check_claims = true;
    options.reserve_bytes = 0;
    return options;
  }

  std::vector<std::unique_ptr<testing::SimulatedFileSystem>> disks_;
};

// Everything is durable at once, so that a crash takes nothing.
class MemoryStoreSubject : public Subject {
 public:
  std::unique_ptr<ResourceManager> Open() override { return MakeMemoryStore({}, disk_); }
  void Crash() override {}
  std::optional<std::string> Committed(ResourceManager* manager, const std::string& key) override {
    return CommittedInStore(manager, key);
  }

 private:
  const std::shared_ptr<MemoryStoreDisk> disk_ = std::make_shared<MemoryStoreDisk>(kStore);
};

class BlockingSubject : public Subject {
 public:
  BlockingSubject() {
    const std::string error = AgentState::Create(OptionsNow().state, kStore);
    ASSENT_CHECK(error.empty(), error.c_str());
  }
  std::unique_ptr<ResourceManager> Open() override {
    return std::make_unique<Ledger>(OptionsNow(), &book_);
  }
  void Crash() override {
    const std::string before = OptionsNow().state.directory;
    ++lives_;
    CopyAtRest(before, OptionsNow().state.directory);
  }
  std::optional<std::string> Committed(ResourceManager*, const std::string& key) override {
    const std::lock_guard<std::mutex> hold(book_.mutex);
    const auto found = book_.balances.find(key);
    if (found == book_.balances.end()) return std::nullopt;
    return std::to_string(found->second);
  }
  bool keeps_proofs() const override { return false; }

 private:
  BlockingResourceManagerOptions OptionsNow() const {
    BlockingResourceManagerOptions options;
    options.state.directory = directory_ / ("agent" + std::to_string(lives_));
    return options;
  }

  testing::TemporaryDirectory directory_;
  int lives_ = 0;
  Book book_;
};

}  // namespace

std::unique_ptr<Subject> MakeRealStoreSubject() { return std::make_unique<RealStoreSubject>(); }
std::unique_ptr<Subject> MakeSimulatedStoreSubject() {
  return std::make_unique<SimulatedStoreSubject>();
}
std::unique_ptr<Subject> MakeMemoryStoreSubject() { return std::make_unique<MemoryStoreSubject>(); }
std::unique_ptr<Subject> MakeBlockingSubject() { return std::make_unique<BlockingSubject>(); }

}  // namespace assent
