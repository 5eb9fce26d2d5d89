#include "storage/reserve.h"

#include <algorithm>
#include <memory>

#include "storage/leveldb_status.h"

namespace assent::storage {
namespace {

leveldb::Status WriteZeros(leveldb::WritableFile* file, uint64_t bytes) {
  const std::string chunk(64 << 10, '\0');
  leveldb::Status status;
  while (bytes > 0 && status.ok()) {
    const uint64_t now = std::min<uint64_t>(bytes, chunk.size());
    status = file->Append(leveldb::Slice(chunk.data(), static_cast<size_t>(now)));
    bytes -= now;
  }
  if (status.ok()) status = file->Sync();
  return status.ok() ? file->Close() : status;
}

}  // namespace

bool HasReserve(FileSystem* files, const std::string& name, uint64_t bytes) {
  uint64_t size = 0;
  return files->FileExists(name) && files->GetFileSize(name, &size).ok() && size >= bytes;
}

Status MakeReserve(FileSystem* files, const std::string& name, uint64_t bytes) {
  leveldb::WritableFile* opened = nullptr;
  leveldb::Status written = files->NewWritableFile(name, &opened);
  if (written.ok()) {
    const std::unique_ptr<leveldb::WritableFile> file(opened);
    written = WriteZeros(file.get(), bytes);
  }
  if (written.ok()) return {};
  Status failed = FromLevelDb(written, "make the reserve", name);
  Status removed = RemoveReserve(files, name);
  if (removed.ok()) return failed;
  return {failed.kind(), failed.message() + " And then: " + removed.message()};
}

Status RemoveReserve(FileSystem* files, const std::string& name) {
  const leveldb::Status removed = files->RemoveFile(name);
  if (removed.ok() || removed.IsNotFound()) return {};
  return FromLevelDb(removed, "give up the reserve", name);
}

}  // namespace assent::storage
