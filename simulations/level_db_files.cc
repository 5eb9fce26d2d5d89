#include "simulations/level_db_files.h"

#include <string>
#include <utility>
#include <vector>

namespace assent::simulation {
namespace {

constexpr std::uint64_t kAmple = std::uint64_t{1} << 40;
constexpr std::size_t kHole = 512;  // bytes that damage takes at once

std::unique_ptr<SimulatedFileSystem> CopyOf(const SimulatedFileSystem& files) {
  return files.AfterCrash(Loss::kNothing, 0);
}

}  // namespace

LevelDbFiles::LevelDbFiles() : files_(std::make_unique<SimulatedFileSystem>()) {}

void LevelDbFiles::FailNextWrite(Random* random) {
  const std::uint64_t at = files_->operations() + 1 + static_cast<std::uint64_t>(random->Below(3));
  files_->FailAt(at, static_cast<FailureEffect>(random->Below(3)));
  is_armed_ = true;
}

void LevelDbFiles::Fill() {
  files_->SetCapacity(files_->used_bytes() + 64);
  is_full_ = true;
}

void LevelDbFiles::MendFaults() {
  files_->FailAt(0, FailureEffect::kNothing);
  files_->SetCapacity(kAmple);
  is_armed_ = is_full_ = false;
}

void LevelDbFiles::CutOff(const CrashKind& kind, Random* random) {
  const std::int64_t more = kind.in_write ? random->Below(5) : 0;
  files_->CrashAt(files_->operations() + 1 + static_cast<std::uint64_t>(more));
}

void LevelDbFiles::Crash(const CrashKind& kind, Random* random) {
  const std::uint64_t seed = random->Next();
  Loss loss = Loss::kNothing;
  if (kind.power_loss) {  // or all had reached the disk already
    constexpr Loss kLosses[] = {Loss::kAllUnsynced, Loss::kTail, Loss::kNothing};
    loss = kLosses[random->Below(3)];
  }
  if (kind.power_loss && kind.out_of_order) {
    loss = Loss::kOutOfOrder;
    whole_ = files_->AfterCrash(Loss::kAllUnsynced, seed);
  }
  files_ = files_->AfterCrash(loss, seed);
  is_armed_ = false;  // the next process finds a disk that works, though it may be full
}

bool LevelDbFiles::FlipBit(Random* random) {
  const std::vector<std::string> names = files_->Files();
  if (is_damaged() || names.empty()) return false;
  const std::string name =
      names[static_cast<std::size_t>(random->Below(static_cast<std::int64_t>(names.size())))];
  std::string content = files_->Content(name);
  if (content.empty()) return false;
  whole_ = CopyOf(*files_);
  const auto size = static_cast<std::int64_t>(content.size());
  const auto at = static_cast<std::size_t>(random->Below(size));
  switch (random->Below(4)) {
    case 0:
      content.resize(at);
      break;
    case 1:
      content.replace(at, kHole, content.substr(at, kHole).size(), '\0');
      break;
    default:
      content[at] = static_cast<char>(content[at] ^ (1 << random->Below(8)));
  }
  files_->SetContent(name, std::move(content));
  return true;
}

void LevelDbFiles::Repair() {
  if (whole_ == nullptr) return;
  files_ = std::move(whole_);
  MendFaults();
}

void LevelDbFiles::SwapWithCopy() {
  files_.swap(copy_);
  MendFaults();
}

void LevelDbFiles::KeepCopy() { copy_ = CopyOf(*files_); }

}  // namespace assent::simulation
