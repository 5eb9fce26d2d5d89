#include "participant/coordinator_notes.h"

#include <algorithm>

#include "storage/encoding.h"

namespace assent {
namespace {

constexpr std::uint32_t kVersion = 1;

}  // namespace

bool CoordinatorNotes::Merge(const Note& note) {
  Note& kept = notes_.try_emplace(note.coordinator, Note{note.coordinator, {}, {}}).first->second;
  const CoordinatorKnowledge before = kept.knowledge;
  const Sequence mark_before = kept.clean_mark;
  if (note.knowledge.epoch > kept.knowledge.epoch) {
    kept.knowledge.epoch = note.knowledge.epoch;
    kept.knowledge.life = note.knowledge.life;
  }
  kept.knowledge.decision_number =
      std::max(kept.knowledge.decision_number, note.knowledge.decision_number);
  kept.clean_mark = std::max(kept.clean_mark, note.clean_mark);
  const bool is_changed = before != kept.knowledge || mark_before != kept.clean_mark;
  if (is_changed) changed_.insert(note.coordinator);
  return is_changed;
}

Sequence CoordinatorNotes::MarkOf(const CoordinatorId& coordinator) const {
  const Note* note = Find(coordinator);
  return note == nullptr ? Sequence{} : note->clean_mark;
}

std::vector<CoordinatorNotes::Note> CoordinatorNotes::List() const {
  std::vector<Note> list;
  for (const auto& entry : notes_) list.push_back(entry.second);
  return list;
}

const CoordinatorNotes::Note* CoordinatorNotes::Find(const CoordinatorId& coordinator) const {
  const auto found = notes_.find(coordinator);
  return found == notes_.end() ? nullptr : &found->second;
}

std::string EncodeNote(const CoordinatorNotes::Note& note) {
  std::string bytes;
  storage::AppendFixed32(kVersion, &bytes);
  storage::AppendFixed64(note.knowledge.epoch, &bytes);
  storage::AppendFixed64(note.knowledge.life, &bytes);
  storage::AppendFixed64(note.knowledge.decision_number, &bytes);
  storage::AppendFixed64(note.clean_mark.epoch, &bytes);
  storage::AppendFixed64(note.clean_mark.number, &bytes);
  return bytes;
}

std::optional<CoordinatorNotes::Note> DecodeNote(const CoordinatorId& coordinator,
                                                 std::string_view bytes) {
  storage::Reader reader(bytes);
  CoordinatorNotes::Note note;
  note.coordinator = coordinator;
  std::uint32_t version = 0;
  const bool whole = reader.ReadFixed32(&version) && version == kVersion &&
                     reader.ReadFixed64(&note.knowledge.epoch) &&
                     reader.ReadFixed64(&note.knowledge.life) &&
                     reader.ReadFixed64(&note.knowledge.decision_number) &&
                     reader.ReadFixed64(&note.clean_mark.epoch) &&
                     reader.ReadFixed64(&note.clean_mark.number) && reader.AtEnd();
  if (!whole) return std::nullopt;
  return note;
}

}  // namespace assent
