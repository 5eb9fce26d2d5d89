// What lies on disk keeps its look: databases are read by later versions.
#include "storage/batch.h"
#include "storage/database_files.h"
#include "storage/head.h"
#include "tests/storage/storage_testing.h"

namespace assent::storage {
namespace {

TEST(Format, HashesOfRecordsNeverChange) {
  EXPECT_EQ(RecordHash("key", "value"), 0xa5c69477b5fb27e1u);
  EXPECT_EQ(RecordHash("", ""), 0xd4f6f640a30feb16u);
  EXPECT_EQ(RecordHash("a key of some length", "and a value"), 0xd9878fb790de2ff6u);
}

TEST(Format, HashesTellKeyAndValueApart) {
  EXPECT_NE(RecordHash("ab", "c"), RecordHash("a", "bc"));
  EXPECT_NE(RecordHash("a", "b"), RecordHash("b", "a"));
  EXPECT_NE(RecordHash("a", std::string(1, '\0')), RecordHash("a", ""));
}

TEST(Format, TheHeadIsFourNumbers) {
  const Head head = {1, 2, 0xffffffffffffffff, 258};
  const std::string bytes = EncodeHead(head);
  EXPECT_EQ(bytes.size(), 32u);
  EXPECT_EQ(bytes.substr(24), std::string("\x02\x01\0\0\0\0\0\0", 8));
  Head decoded;
  ASSERT_TRUE(DecodeHead(bytes, &decoded));
  EXPECT_EQ(decoded, head);
  EXPECT_FALSE(DecodeHead(bytes.substr(1), &decoded));
  EXPECT_FALSE(DecodeHead(bytes + "x", &decoded));
}

TEST(Format, AnIdentityOfANewerLayoutIsToldFromAGarbledOne) {
  const std::string bytes = EncodeIdentity(kIdentity);
  uint32_t layout = 0;
  Identity decoded;
  ASSERT_TRUE(DecodeIdentity(bytes, &layout, &decoded));
  EXPECT_EQ(decoded, kIdentity);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeIdentity(bytes.substr(0, size), &layout, &decoded));
  }
  ASSERT_TRUE(
      DecodeIdentity(std::string("\x02\0\0\0what a newer version writes", 30), &layout, &decoded));
  EXPECT_EQ(layout, 2u);
}

// Logs that are reused after a torn tail lose what is written to them afterwards.
TEST(Format, LevelDbIsOpenedCarefully) {
  const leveldb::Options options = CarefulOptions(FileSystem::Posix(), 1 << 20);
  EXPECT_TRUE(options.paranoid_checks);
  EXPECT_FALSE(options.reuse_logs);
  EXPECT_FALSE(options.create_if_missing);
  EXPECT_EQ(options.write_buffer_size, 1u << 20);
  EXPECT_EQ(DatabaseOptions().write_buffer_bytes, 4u << 20);
}

}  // namespace
}  // namespace assent::storage
