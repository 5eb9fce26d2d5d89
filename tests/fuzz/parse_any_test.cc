#include "tests/fuzz/parse_any.h"

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "proto/disk_convert.h"
#include "proto/wire_convert.h"
#include "tests/proto/random_values.h"

namespace assent {
namespace {

// protobuf reports every invalid UTF-8, which is what is tested here.
const google::protobuf::LogSilencer kSilence;

std::vector<std::string> Seeds() {
  testing::RandomValues random(1);
  const CoordinatorId c1 = *CoordinatorId::Parse("c1");
  std::vector<std::string> seeds;
  for (int i = 0; i < 100; ++i) {
    v1::AttachRequest from;
    v1::AttachResponse to;
    v1::SessionRequest requests;
    v1::SessionResponse replies;
    replies.set_coordinator_id("c1");
    Append(random.NewFromParticipant(), &from);
    Append(random.NewToParticipant(), &to);
    Append(random.Number(), random.NewRequest(), c1, &requests);
    Append(random.Number(), random.NewReply(), c1, &replies);
    seeds.push_back(std::string(1, 0) + random.Transaction().ToText());
    seeds.push_back(std::string(1, 1) + from.SerializeAsString());
    seeds.push_back(std::string(1, 2) + to.SerializeAsString());
    seeds.push_back(std::string(1, 3) + requests.SerializeAsString());
    seeds.push_back(std::string(1, 4) + replies.SerializeAsString());
    seeds.push_back(std::string(1, 5) + Encode(random.NewDecisions()));
    seeds.push_back(std::string(1, 6) + EncodeHorizon(random.Mark()));
    seeds.push_back(std::string(1, 7) + Encode(random.NewAcknowledgements()));
    seeds.push_back(std::string(1, 8) + Encode(BindingUpdate{random.Name(), random.Store(), 1}));
  }
  return seeds;
}

void Mutate(testing::RandomValues* random, std::string* bytes) {
  for (std::uint64_t n = 1 + random->Below(4); n > 0 && bytes->size() > 1; --n) {
    const std::size_t at = 1 + random->Below(bytes->size() - 1);
    switch (random->Below(4)) {
      case 0:
        (*bytes)[at] = static_cast<char>(random->Below(256));
        break;
      case 1:
        (*bytes)[at] = static_cast<char>((*bytes)[at] ^ (1 << random->Below(8)));
        break;
      case 2:
        bytes->erase(at, 1 + random->Below(8));
        break;
      default:
        bytes->insert(at, random->Bytes(8));
    }
  }
}

TEST(ParseAny, TakesOrRefusesAHundredThousandMutationsOfValidBytes) {
  const std::vector<std::string> seeds = Seeds();
  testing::RandomValues random(2);
  for (int i = 0; i < 100'000; ++i) {
    std::string bytes = seeds[random.Below(seeds.size())];
    Mutate(&random, &bytes);
    testing::ParseAny(bytes);
  }
}

TEST(ParseAny, TakesOrRefusesWhatTheFuzzerFound) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ASSENT_FUZZ_CORPUS)) {
    std::ifstream file(entry.path(), std::ios::binary);
    ASSERT_TRUE(file) << entry.path();
    testing::ParseAny(std::string(std::istreambuf_iterator<char>(file), {}));
    ++files;
  }
  EXPECT_GT(files, 0U);
}

}  // namespace
}  // namespace assent
