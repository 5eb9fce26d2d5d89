// A resource manager around another one, which crosses the crash points of what is made durable.
//
// As thread-safe as the inner one. Nothing blocks but what the inner one blocks for.
#pragma once

#include <utility>
#include <vector>

#include "participant/resource_manager.h"

namespace assent {

class CrossingResourceManager final : public ResourceManager {
 public:
  // `inner` must outlive it.
  explicit CrossingResourceManager(ResourceManager* inner) : inner_(inner) {}

  StartResult Start(ResourceHandlers handlers) override;
  void Submit(std::vector<ResourceStep> steps) override;
  void Supersede(const std::string& reason) override { inner_->Supersede(reason); }
  void Stop() override { inner_->Stop(); }

 private:
  ResourceManager* const inner_;
};

}  // namespace assent
