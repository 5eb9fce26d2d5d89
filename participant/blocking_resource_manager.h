// The simple way to write a resource manager: one blocking call per branch, on worker threads.
//
//   class Ledger : public BlockingResourceManager {
//     PrepareResult Prepare(const TransactionId& id, const std::optional<std::string>& payload)
//         override;
//     CommitResult Commit(const TransactionId& id) override;
//     bool Abort(const TransactionId& id) override;
//     std::vector<TransactionId> ListPrepared() override;
//   };
//
// It keeps the store id, the incarnation and what is known of coordinators in a directory of its
// own (participant/agent_state.h). Each call is one round trip to the user's database: for many
// branches per sync implement ResourceManager.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "participant/agent_state.h"
#include "participant/resource_manager.h"

namespace assent {

struct BlockingResourceManagerOptions {
  AgentStateOptions state;  // made by AgentState::Create
  // Calls at the same time; fewer than 2 count as 2. One of them is never in Prepare.
  std::size_t workers = 4;
};

class BlockingResourceManager : public ResourceManager {
 public:
  explicit BlockingResourceManager(const BlockingResourceManagerOptions& options);
  // The most derived class must call Stop in its destructor, or its owner before: the workers call
  // the functions below. Checked.
  ~BlockingResourceManager() override;

  StartResult Start(ResourceHandlers handlers) final;
  void Submit(std::vector<ResourceStep> steps) final;
  void Supersede(const std::string& reason) final;
  void Stop() final;

 protected:
  // The user's code. Called on any worker, several at a time, but never two at a time for one
  // branch. May block; Prepare also until other branches are committed or aborted, since those
  // calls go before it and one worker is kept for them. What each must have done before it returns
  // is said at the steps in resource_manager.h. All may be repeated.
  //
  // An exception is never an outcome. From Prepare: the branch is aborted (Abort is called again
  // with later work until it returns true) and the vote is no, with its what(). From Commit:
  // kFailed. From Abort: false. Each is told to the handlers' `warned`.
  virtual PrepareResult Prepare(const TransactionId& id,
                                const std::optional<std::string>& payload) = 0;
  // kFailed is asked again. Of a branch that is not there: kCommitted if a proof of commit was
  // written with the effects; kNotThere if proofs are kept and there is none; else kCannotTell.
  virtual CommitResult Commit(const TransactionId& id) = 0;
  // True when nothing of the branch is left, or never was.
  virtual bool Abort(const TransactionId& id) = 0;
  // At start, before anything else. An exception: the resource manager does not start.
  virtual std::vector<TransactionId> ListPrepared() = 0;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assent
