// Performs the effects of core/participant.h and turns what a resource manager completes into its
// inputs. Free of gRPC and of protocol: the agent and the simulator use the same one.
//
// Thread-compatible: it belongs to the thread that owns the core.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/participant_io.h"
#include "participant/resource_manager.h"

namespace assent {

// What the shell does for the core, by itself. Called from within Perform, in the effects' order.
class ParticipantSinks {
 public:
  virtual ~ParticipantSinks() = default;

  virtual void Send(LinkId link, FromParticipant message) = 0;
  virtual void CallAdmitted(CallId call) = 0;
  virtual void CallRefused(CallId call, Reason reason, const std::string& text) = 0;
  virtual void Enlisted(CallId call, Reason reason, const std::string& text) = 0;
  virtual void Notice(const participant_effect::Notice& notice) = 0;
};

class ParticipantDispatcher {
 public:
  // Both must outlive the dispatcher.
  ParticipantDispatcher(ParticipantSinks* sinks, ResourceManager* resource_manager);
  ParticipantDispatcher(const ParticipantDispatcher&) = delete;
  ParticipantDispatcher& operator=(const ParticipantDispatcher&) = delete;

  // Performs all that is for the sinks, and collects the steps for the resource manager. Leaves
  // `effects` empty, with its capacity.
  void Perform(ParticipantEffects* effects);

  // Hands over what was collected, in one Submit; nothing if there is nothing. Call it after each
  // drain of the loop: what is handed over together can share one sync.
  void Flush();

  // Steps handed over and not yet completed, notes not counted.
  std::size_t under_way() const { return under_way_; }

  // Counts `completions` as answered and gives the inputs for the core, in their order.
  std::vector<ParticipantInput> ToInputs(std::vector<ResourceCompletion> completions);

 private:
  ParticipantSinks* const sinks_;
  ResourceManager* const resource_manager_;
  std::vector<ResourceStep> steps_;
  std::size_t under_way_ = 0;
};

}  // namespace assent
