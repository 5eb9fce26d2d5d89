#include "tools/bench/probes.h"

#include <fcntl.h>
#include <leveldb/db.h>
#include <leveldb/options.h>
#include <leveldb/write_batch.h>
#include <unistd.h>

#include <functional>
#include <memory>

#include "runtime/clock.h"
#include "tools/bench/latencies.h"
#include "tools/bench/machine.h"

namespace assent::bench {
namespace {

struct Repeated {
  Latencies latencies;
  double per_second = 0;
};

// Repeats `step` until the time is up, or it fails.
bool Repeat(double seconds, const std::function<bool()>& step, Repeated* repeated) {
  const Time start = MonotonicNow();
  const Time end = start + Duration::Micros(static_cast<std::int64_t>(seconds * 1e6));
  Time now = start;
  while (now < end) {
    if (!step()) return false;
    const Time after = MonotonicNow();
    repeated->latencies.Add(after - now);
    now = after;
  }
  repeated->per_second = static_cast<double>(repeated->latencies.count()) * 1e6 /
                         static_cast<double>((now - start).micros);
  return true;
}

void AddLatencies(const Latencies& latencies, Figures* figures) {
  figures->Set("step_p50_us", latencies.Percentile(0.5));
  figures->Set("step_p99_us", latencies.Percentile(0.99));
}

}  // namespace

std::string ProbeSync(const Settings& settings, Figures* figures) {
  const ScratchDirectory directory;
  const int file =
      open((directory / "file").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return "cannot make a file";
  const std::string record(128, 'r');
  Repeated repeated;
  const bool done = Repeat(
      settings.seconds,
      [&] {
        return write(file, record.data(), record.size()) == static_cast<ssize_t>(record.size()) &&
               fdatasync(file) == 0;
      },
      &repeated);
  close(file);
  if (!done) return "cannot write and sync";
  figures->Set("syncs_per_second", repeated.per_second);
  AddLatencies(repeated.latencies, figures);
  return "";
}

std::string ProbeLevelDb(int records, const Settings& settings, Figures* figures) {
  const ScratchDirectory directory;
  leveldb::Options options;
  options.create_if_missing = true;
  leveldb::DB* opened = nullptr;
  const leveldb::Status status = leveldb::DB::Open(options, directory / "db", &opened);
  const std::unique_ptr<leveldb::DB> db(opened);
  if (!status.ok()) return status.ToString();
  leveldb::WriteOptions synced;
  synced.sync = true;
  const std::string value(100, 'v');
  std::uint64_t key = 0;
  Repeated repeated;
  const auto write_one = [&] {
    leveldb::WriteBatch batch;
    for (int i = 0; i < records; ++i) batch.Put("record" + std::to_string(++key), value);
    return db->Write(synced, &batch).ok();
  };
  if (!Repeat(settings.seconds, write_one, &repeated)) return "LevelDB cannot write";
  figures->Set("batches_per_second", repeated.per_second);
  figures->Set("records_per_second", repeated.per_second * records);
  AddLatencies(repeated.latencies, figures);
  return "";
}

}  // namespace assent::bench
