// Damage at rest: what happens to the files of a database while nobody looks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "core/prng.h"
#include "tests/support/simulated_file_system.h"

namespace assent::testing {

// Does it to the file `name`, or to the newest log, at a place that is drawn.
using Damage = std::function<void(SimulatedFileSystem*, const std::string& name, Prng*)>;

inline bool EndsWith(const std::string& name, const std::string& suffix) {
  return name.size() >= suffix.size() &&
         name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
}

inline std::string NewestLog(const SimulatedFileSystem& disk) {
  std::string newest;
  for (const std::string& name : disk.Files()) {
    if (EndsWith(name, ".log")) newest = std::max(newest, name);
  }
  return newest;
}

// Mostly the newest log, which is what F3 is about; else any file of the database.
inline std::string Victim(const SimulatedFileSystem& disk, Prng* random) {
  if (random->Below(4) != 0) return NewestLog(disk);
  const std::vector<std::string> names = disk.Files();
  return names[random->Below(names.size())];
}

// Where LevelDB's records begin in a log: 7 bytes of header (checksum 4, length 2, type 1) each,
// in blocks of 32 KiB.
inline std::vector<std::size_t> RecordStarts(const std::string& log) {
  std::vector<std::size_t> starts;
  std::size_t at = 0;
  while (at + 7 <= log.size()) {
    const std::size_t left_in_block = 32768 - at % 32768;
    if (left_in_block < 7) {
      at += left_in_block;
      continue;
    }
    starts.push_back(at);
    at += 7 + static_cast<unsigned char>(log[at + 4]) +
          256 * static_cast<std::size_t>(static_cast<unsigned char>(log[at + 5]));
  }
  return starts;
}

inline void FlipByte(SimulatedFileSystem* disk, const std::string& name, Prng* random) {
  std::string bytes = disk->Content(name);
  if (bytes.empty()) return;
  bytes[random->Below(bytes.size())] ^= static_cast<char>(1 + random->Below(255));
  disk->SetContent(name, bytes);
}

inline void ZeroRange(SimulatedFileSystem* disk, const std::string& name, Prng* random) {
  std::string bytes = disk->Content(name);
  if (bytes.empty()) return;
  const std::size_t begin = random->Below(bytes.size());
  const std::size_t count = std::min<std::size_t>(bytes.size() - begin, 1 + random->Below(8192));
  bytes.replace(begin, count, std::string(count, '\0'));
  disk->SetContent(name, bytes);
}

inline void ZeroFromARecordOn(SimulatedFileSystem* disk, const std::string&, Prng* random) {
  const std::string name = NewestLog(*disk);
  std::string bytes = disk->Content(name);
  const std::vector<std::size_t> starts = RecordStarts(bytes);
  const std::size_t begin = starts[random->Below(starts.size())];
  const std::size_t end = random->Below(2) == 0 ? bytes.size() : (begin / 32768 + 1) * 32768;
  const std::size_t count = std::min(end, bytes.size()) - begin;
  bytes.replace(begin, count, std::string(count, '\0'));
  disk->SetContent(name, bytes);
}

inline void SpoilALength(SimulatedFileSystem* disk, const std::string&, Prng* random) {
  const std::string name = NewestLog(*disk);
  std::string bytes = disk->Content(name);
  const std::vector<std::size_t> starts = RecordStarts(bytes);
  const std::size_t at = starts[random->Below(starts.size())];
  bytes[at + 4] = static_cast<char>(random->Next());
  bytes[at + 5] = static_cast<char>(random->Next());
  disk->SetContent(name, bytes);
}

inline void CutTail(SimulatedFileSystem* disk, const std::string& name, Prng* random) {
  std::string bytes = disk->Content(name);
  if (bytes.empty()) return;
  bytes.resize(random->Below(bytes.size()));
  disk->SetContent(name, bytes);
}

inline void DeleteNewestLog(SimulatedFileSystem* disk, const std::string&, Prng*) {
  disk->Erase(NewestLog(*disk));
}

inline void DeleteAnyFile(SimulatedFileSystem* disk, const std::string& name, Prng*) {
  disk->Erase(name);
}

struct DamageKind {
  const char* name;
  Damage damage;
};

inline std::vector<DamageKind> DamageKinds() {
  return {{"FlippedByte", FlipByte},
          {"ZeroedRange", ZeroRange},
          {"ZeroedFromARecordOn", ZeroFromARecordOn},
          {"SpoiltLength", SpoilALength},
          {"CutTail", CutTail},
          {"DeletedNewestLog", DeleteNewestLog},
          {"DeletedAnyFile", DeleteAnyFile}};
}

}  // namespace assent::testing
