#include "storage/verify.h"

#include <algorithm>
#include <memory>

#include "leveldb/db.h"
#include "storage/database_files.h"
#include "storage/fail_stop_file_system.h"
#include "storage/leveldb_status.h"
#include "storage/witness.h"

namespace assent::storage {
namespace {

constexpr int kCopyAttempts = 5;
constexpr size_t kChunk = size_t{1} << 20;

leveldb::Status CopyBytes(leveldb::SequentialFile* from, leveldb::WritableFile* to) {
  std::string scratch(kChunk, '\0');
  for (;;) {
    leveldb::Slice read;
    leveldb::Status status = from->Read(kChunk, &read, scratch.data());
    if (status.ok() && read.empty())
      status = to->Sync();
    else if (status.ok())
      status = to->Append(read);
    if (!status.ok()) return status;
    if (read.empty()) return to->Close();
  }
}

leveldb::Status CopyFile(FileSystem* files, const std::string& source, const std::string& target) {
  leveldb::SequentialFile* opened_from = nullptr;
  leveldb::Status status = files->NewSequentialFile(source, &opened_from);
  if (!status.ok()) return status;
  const std::unique_ptr<leveldb::SequentialFile> from(opened_from);
  leveldb::WritableFile* opened_to = nullptr;
  status = files->NewWritableFile(target, &opened_to);
  if (!status.ok()) return status;
  const std::unique_ptr<leveldb::WritableFile> to(opened_to);
  return CopyBytes(from.get(), to.get());
}

// The names of LevelDB's files, without its lock.
leveldb::Status ListDatabase(FileSystem* files, const std::string& db,
                             std::vector<std::string>* names) {
  const leveldb::Status status = files->GetChildren(db, names);
  std::erase_if(*names, [](const std::string& name) {
    return name == "." || name == ".." || name == "LOCK";
  });
  std::sort(names->begin(), names->end());
  return status;
}

leveldb::Status RemoveAll(FileSystem* files, const std::string& db) {
  std::vector<std::string> names;
  leveldb::Status status = ListDatabase(files, db, &names);
  for (const std::string& name : names) {
    if (status.ok()) status = files->RemoveFile(db + "/" + name);
  }
  return status;
}

// One attempt. `*steady` is false if files came or went meanwhile. The witness goes first: it may
// be behind the copied log, never ahead.
leveldb::Status TryCopy(FileSystem* files, const std::string& source, const std::string& target,
                        bool* steady) {
  *steady = false;
  leveldb::Status status = CopyFile(files, WitnessName(source), WitnessName(target));
  if (!status.ok() && !status.IsNotFound()) return status;
  std::vector<std::string> before;
  std::vector<std::string> after;
  status = ListDatabase(files, LevelDbName(source), &before);
  for (const std::string& name : before) {
    if (!status.ok()) break;
    status = CopyFile(files, LevelDbName(source) + "/" + name, LevelDbName(target) + "/" + name);
  }
  if (status.IsNotFound()) return leveldb::Status::OK();  // it went away meanwhile
  if (status.ok()) status = ListDatabase(files, LevelDbName(source), &after);
  *steady = before == after;
  return status;
}

Status PrepareTarget(FileSystem* files, const std::string& target) {
  std::vector<std::string> names;
  if (files->FileExists(target)) {
    const leveldb::Status listed = files->GetChildren(target, &names);
    if (!listed.ok()) return FromLevelDb(listed, "list", target);
    std::erase_if(names, [](const std::string& name) { return name == "." || name == ".."; });
  } else {
    const leveldb::Status made = files->CreateDir(target);
    if (!made.ok()) return FromLevelDb(made, "create the directory", target);
  }
  if (!names.empty()) {
    return {StatusKind::kAlreadyExists,
            target + ": not empty. Name a directory that is absent or empty for the copy."};
  }
  const leveldb::Status made = files->CreateDir(LevelDbName(target));
  return made.ok() ? Status() : FromLevelDb(made, "create the directory", target);
}

void Note(const Status& status, VerifyReport* report) {
  if (!status.ok()) report->problems.push_back(status.message());
}

void CheckCopyWitness(FileSystem* files, const std::string& copy, const std::string& source,
                      VerifyReport* report) {
  WitnessContent witness;
  Note(ReadWitness(files, WitnessName(copy), &witness), report);
  if (!witness.found) return;
  report->witness_sequence = witness.sequence;
  if (!report->head.has_value() || !report->identity.has_value()) return;
  Note(CompareWithWitness(source, *report->head, *report->identity, witness.identity_hash,
                          witness.sequence),
       report);
}

void CheckRecords(leveldb::DB* db, const std::string& source, const RecordVisitor& visitor,
                  VerifyReport* report) {
  Identity identity;
  const Status identified = ReadIdentity(db, source, &identity);
  if (identified.ok()) report->identity = identity;
  Note(identified, report);
  Note(ReadSuperseded(db, source, &report->superseded), report);
  Head head;
  Note(ScanAndCompare(db, source, visitor, &head), report);
  if (head.sequence > 0) report->head = head;
}

}  // namespace

Status CopyDatabase(FileSystem* files, const std::string& source, const std::string& target) {
  Status place = CheckPlace(files, source);
  if (place.kind() == StatusKind::kMissing) return place;
  FailStopFileSystem careful(files);
  Status prepared = PrepareTarget(&careful, target);
  if (!prepared.ok()) return prepared;
  for (int i = 0; i < kCopyAttempts; ++i) {
    bool steady = false;
    leveldb::Status copied = RemoveAll(&careful, LevelDbName(target));
    if (copied.ok()) copied = TryCopy(&careful, source, target, &steady);
    if (!copied.ok()) return FromLevelDb(copied, "copy to " + target, source);
    if (steady) return {};
  }
  return {StatusKind::kIoError, source +
                                    ": in use, and changing too fast to be copied. Try again, "
                                    "or stop the process that uses it."};
}

Status VerifyDatabase(FileSystem* files, const std::string& source, const std::string& scratch,
                      const RecordVisitor& visitor, VerifyReport* report) {
  *report = {};
  Status copied = CopyDatabase(files, source, scratch);
  if (!copied.ok()) return copied;
  Status place = CheckPlace(files, source);
  Note(place, report);
  if (!place.ok()) return {};
  const std::unique_ptr<leveldb::Logger> logger = NewSilentLogger();
  leveldb::Options options = CarefulOptions(files, size_t{4} << 20);
  options.info_log = logger.get();
  leveldb::DB* opened = nullptr;
  const leveldb::Status status = leveldb::DB::Open(options, LevelDbName(scratch), &opened);
  std::unique_ptr<leveldb::DB> db(opened);
  if (status.ok()) {
    CheckRecords(db.get(), source, visitor, report);
  } else {
    Note(FromLevelDb(status, "open a copy", source), report);
  }
  CheckCopyWitness(files, scratch, source, report);
  files->RunBackgroundWork();
  return {};
}

}  // namespace assent::storage
