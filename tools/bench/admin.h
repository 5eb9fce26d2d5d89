// What a coordinator tells of itself.
#pragma once

#include <memory>
#include <string>

#include "assent/v1/admin_service.grpc.pb.h"

namespace assent::bench {

// One thread at a time. All calls block, a minute at most; one that fails ends the benchmark
// (supervisor.h), since there is no figure without its answer.
class Admin {
 public:
  explicit Admin(const std::string& coordinator);

  v1::GetStatusResponse Status() const;
  // How many participants are attached.
  int Attached() const;

 private:
  const std::string coordinator_;
  const std::unique_ptr<v1::AdminService::Stub> stub_;
};

}  // namespace assent::bench
