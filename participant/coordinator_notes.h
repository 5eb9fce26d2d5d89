// What a store knows of each coordinator (R3, R9), and how it is kept on disk. A value;
// thread-compatible.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/participant_io.h"

namespace assent {

class CoordinatorNotes {
 public:
  using Note = RecoveredStore::Coordinator;

  // Takes what is higher of each: epoch (with its life number), decision number and clean mark
  // never fall. True if something changed.
  bool Merge(const Note& note);

  // The clean mark of `coordinator`; {0, 0} if there is none.
  Sequence MarkOf(const CoordinatorId& coordinator) const;

  std::vector<Note> List() const;

  // What was changed by Merge since the last ClearChanged.
  const std::set<CoordinatorId>& changed() const { return changed_; }
  void ClearChanged() { changed_.clear(); }

  const Note* Find(const CoordinatorId& coordinator) const;

 private:
  std::map<CoordinatorId, Note> notes_;
  std::set<CoordinatorId> changed_;
};

// The value under the coordinator's id. Nothing if it is garbled.
std::string EncodeNote(const CoordinatorNotes::Note& note);
std::optional<CoordinatorNotes::Note> DecodeNote(const CoordinatorId& coordinator,
                                                 std::string_view bytes);

}  // namespace assent
