// What an agent keeps for a resource manager that has no place for it: the store id, the
// incarnation, and what is known of each coordinator. A directory of the agent's own, on storage/.
//
// Thread-compatible. All calls read or write files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/participant_io.h"

namespace assent {

namespace storage {
class FileSystem;
}

// Drawn at random from the operating system; never empty.
StoreId DrawStoreId();

struct AgentStateOptions {
  std::string directory;
  // Null: the real one. Must outlive the state.
  storage::FileSystem* file_system = nullptr;
  // For operators: remove the SUPERSEDED mark (R3) at this start.
  bool clear_superseded = false;
};

// What a SUPERSEDED refusal leaves to say; `option`: what clears the mark.
std::string HowToClearSuperseded(const std::string& option);

class AgentState {
 public:
  // Makes it in a directory that is absent or empty. Empty string, or why not and what to do.
  // Durable when it has returned.
  static std::string Create(const AgentStateOptions& options, const StoreId& id);

  explicit AgentState(const AgentStateOptions& options);
  AgentState(const AgentState&) = delete;
  AgentState& operator=(const AgentState&) = delete;
  ~AgentState();

  // Raises the incarnation, synced. Empty string, or why not and what to do. `recovered->prepared`
  // is left alone.
  std::string Open(RecoveredStore* recovered);

  // Merges: neither knowledge nor mark ever falls. Written without a sync: a power loss may take
  // back the last notes, never their order. Empty string, or why not: R8, the process must exit.
  std::string Note(const std::vector<participant_effect::NoteCoordinator>& notes);

  // R3: this is an older copy; later opens are refused with `reason`. Synced. Nothing but Close may
  // follow. Empty string, or why it could not be marked.
  std::string MarkSuperseded(const std::string& reason);

  // Syncs and closes. Idempotent.
  std::string Close();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assent
