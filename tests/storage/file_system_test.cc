#include "storage/file_system.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/fail_stop_file_system.h"
#include "tests/support/simulated_file_system.h"
#include "tests/support/temporary_directory.h"

namespace assent::storage {
namespace {

using assent::testing::FailureEffect;
using assent::testing::Loss;
using assent::testing::SimulatedFileSystem;
using ::testing::HasSubstr;

std::unique_ptr<leveldb::WritableFile> NewFile(FileSystem* files, const std::string& name) {
  leveldb::WritableFile* file = nullptr;
  return files->NewWritableFile(name, &file).ok() ? std::unique_ptr<leveldb::WritableFile>(file)
                                                  : nullptr;
}

TEST(ParentDirectory, IsWhatLiesBeforeTheLastName) {
  EXPECT_EQ(ParentDirectory("/a/b/c"), "/a/b");
  EXPECT_EQ(ParentDirectory("/a//b/"), "/a");
  EXPECT_EQ(ParentDirectory("/a"), "/");
  EXPECT_EQ(ParentDirectory("/"), "/");
  EXPECT_EQ(ParentDirectory("a"), ".");
  EXPECT_EQ(ParentDirectory("a/b"), "a");
}

TEST(PosixFileSystem, OverwritesInPlace) {
  const assent::testing::TemporaryDirectory directory;
  FileSystem* const files = FileSystem::Posix();
  std::unique_ptr<OverwriteFile> file;
  ASSERT_TRUE(files->NewOverwriteFile(directory / "w", &file).ok());
  EXPECT_TRUE(file->WriteAt(0, "hello").ok());
  EXPECT_TRUE(file->WriteAt(8, "there").ok());
  EXPECT_TRUE(file->WriteAt(1, "u").ok());
  EXPECT_TRUE(file->Sync().ok());
  EXPECT_TRUE(files->SyncDirectory(directory.path()).ok());
  std::string bytes;
  ASSERT_TRUE(leveldb::ReadFileToString(files, directory / "w", &bytes).ok());
  EXPECT_EQ(bytes, std::string("hullo\0\0\0there", 13));
  uint64_t free_bytes = 0;
  EXPECT_TRUE(files->GetFreeBytes(directory.path(), &free_bytes).ok());
  EXPECT_FALSE(files->SyncDirectory(directory / "nowhere").ok());
}

// LevelDB's own answer to a second lock drops the first one.
TEST(PosixFileSystem, ASecondLockInOneProcessLeavesTheFirstOneHeld) {
  const assent::testing::TemporaryDirectory directory;
  FileSystem* const files = FileSystem::Posix();
  leveldb::FileLock* first = nullptr;
  leveldb::FileLock* second = nullptr;
  ASSERT_TRUE(files->LockFile(directory / "lock", &first).ok());
  EXPECT_THAT(files->LockFile(directory / "./lock", &second).ToString(),
              HasSubstr("already held by process"));
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // Past LevelDB's table of locks, which the child has inherited.
    const int descriptor = open((directory / "lock").c_str(), O_RDWR);
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    _exit(fcntl(descriptor, F_SETLK, &lock) == 0 ? 0 : 7);
  }
  int result = 0;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  EXPECT_EQ(WEXITSTATUS(result), 7) << "another process got the lock";
  EXPECT_TRUE(files->UnlockFile(first).ok());
  EXPECT_TRUE(files->LockFile(directory / "lock", &first).ok());
  EXPECT_TRUE(files->UnlockFile(first).ok());
}

TEST(FailStopFileSystem, RefusesEverythingAfterTheFirstError) {
  SimulatedFileSystem disk;
  FailStopFileSystem files(&disk);
  const auto file = NewFile(&files, "/d/a");
  const auto other = NewFile(&files, "/d/b");
  disk.FailAt(disk.operations() + 1, FailureEffect::kNothing);
  EXPECT_FALSE(file->Append("x").ok());
  const uint64_t before = disk.operations();
  EXPECT_TRUE(files.poisoned());
  EXPECT_THAT(files.first_error().ToString(), HasSubstr("append of /d/a"));
  EXPECT_FALSE(other->Append("x").ok());
  EXPECT_FALSE(other->Flush().ok());
  EXPECT_FALSE(other->Sync().ok());
  EXPECT_FALSE(other->Close().ok());
  EXPECT_EQ(NewFile(&files, "/d/c"), nullptr);
  EXPECT_FALSE(files.RenameFile("/d/a", "/d/d").ok());
  EXPECT_FALSE(files.RemoveFile("/d/a").ok());
  EXPECT_FALSE(files.SyncDirectory("/d").ok());
  EXPECT_FALSE(files.CreateDir("/e").ok());
  std::unique_ptr<OverwriteFile> overwrite;
  EXPECT_FALSE(files.NewOverwriteFile("/d/w", &overwrite).ok());
  EXPECT_EQ(disk.operations(), before) << "something still reached the disk";
}

TEST(FailStopFileSystem, IsPoisonedByEachKindOfOperation) {
  for (uint64_t at = 1;; ++at) {
    SimulatedFileSystem disk;
    FailStopFileSystem files(&disk);
    disk.FailAt(at, FailureEffect::kNothing);
    std::vector<bool> done;
    done.push_back(files.CreateDir("/d").ok());
    {
      const auto file = NewFile(&files, "/d/a");
      done.push_back(file != nullptr && file->Append("x").ok() && file->Sync().ok());
    }
    done.push_back(files.RenameFile("/d/a", "/d/b").ok());
    std::unique_ptr<OverwriteFile> overwrite;
    done.push_back(files.NewOverwriteFile("/d/w", &overwrite).ok());
    done.push_back(overwrite != nullptr && overwrite->WriteAt(0, "y").ok() &&
                   overwrite->Sync().ok());
    done.push_back(files.RemoveFile("/d/b").ok());
    done.push_back(files.RemoveDir("/d").ok());
    EXPECT_EQ(files.poisoned(), disk.failed_or_crashed());
    if (!disk.failed_or_crashed()) {
      EXPECT_THAT(done, ::testing::Each(true));
      EXPECT_GT(at, 12u);
      return;
    }
    EXPECT_FALSE(done.back()) << "operation " << at;
  }
}

TEST(FailStopFileSystem, IsNotPoisonedByWhatLevelDbDoesInANormalLife) {
  SimulatedFileSystem disk;
  FailStopFileSystem files(&disk);
  EXPECT_TRUE(files.CreateDir("/d").ok());
  EXPECT_FALSE(files.CreateDir("/d").ok());
  EXPECT_TRUE(files.RenameFile("/d/LOG", "/d/LOG.old").IsNotFound());
  EXPECT_TRUE(files.RemoveFile("/d/nobody").IsNotFound());
  leveldb::SequentialFile* file = nullptr;
  EXPECT_TRUE(files.NewSequentialFile("/d/nobody", &file).IsNotFound());
  EXPECT_FALSE(files.poisoned());
}

TEST(FailStopFileSystem, MakesNamesDurableAtOnceAndBytesAtClose) {
  SimulatedFileSystem disk;
  FailStopFileSystem files(&disk);
  ASSERT_TRUE(files.CreateDir("/d").ok());
  { ASSERT_TRUE(NewFile(&files, "/d/dropped")->Append("bytes").ok()); }
  ASSERT_TRUE(files.RenameFile("/d/dropped", "/d/renamed").ok());
  const auto after = disk.AfterCrash(Loss::kAllUnsynced, 1);
  EXPECT_EQ(after->Files(), std::vector<std::string>{"/d/renamed"});
  EXPECT_EQ(after->Content("/d/renamed"), "bytes");
}

TEST(FailStopFileSystem, KeepsRecordsWhoseRemovalIsHeld) {
  SimulatedFileSystem disk;
  FailStopFileSystem files(&disk);
  disk.SetContent("/d/1.log", "records");
  disk.SetContent("/d/2.log", "");
  disk.SetContent("/d/MANIFEST-3", "old");
  files.HoldRemovals();
  for (const char* name : {"/d/1.log", "/d/2.log", "/d/MANIFEST-3"}) {
    EXPECT_TRUE(files.RemoveFile(name).ok());
  }
  EXPECT_EQ(disk.Files(), std::vector<std::string>{"/d/1.log"});
  EXPECT_TRUE(files.ReleaseRemovals().ok());
  EXPECT_TRUE(disk.Files().empty());
}

}  // namespace
}  // namespace assent::storage
