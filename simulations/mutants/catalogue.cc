#include "simulations/mutants/catalogue.h"

namespace assent::mutants {
namespace {

constexpr std::string_view kTurns;  // several scenarios, in turn
constexpr std::string_view kNoSet;  // only worlds show it
constexpr std::string_view kNone;   // no finding of the protocol's check

using List = std::vector<Mutant>;

// Deciding and telling: R1, R7, R8.
void AddTelling(List* list) {
  list->insert(
      list->end(),
      {{"answer_before_sync", "core", "R7: a commit is told, and sent, before it is durable",
        kTurns, "three", kNone},
       {"deciding_told_committed", "core",
        "R7: who asks while the commit is written is told COMMITTED", kTurns, "read-only", kNone},
       {"deciding_told_aborted", "core", "R7: who asks while the commit is written is told ABORTED",
        kTurns, "read-only", kNone},
       {"unknown_told_aborted", "core", "R8: an outcome that is not known is told as ABORTED",
        kTurns, "disks", kNone},
       {"closed_id_reopened", "core", "R1: a Commit opens an id that was closed", kTurns,
        "expected", "8"},
       {"unopened_answered_aborted", "core",
        "R1: an id that can still be opened is answered ABORTED", kTurns, "block", "6"},
       {"horizon_answers_aborted", "core", "R1: below the horizon the answer is ABORTED", kTurns,
        "horizon-two", "8"},
       {"future_id_answered_aborted", "core",
        "R1: an id that was not given out is answered ABORTED", kTurns, "two", "7"},
       {"different_request_answered", "core",
        "R1: a Commit with other branches is told the outcome of the first", kTurns, kNoSet, "25"},
       {"read_only_not_remembered", "core",
        "R1: what was told of an all read-only transaction is forgotten", kTurns, "read-only",
        "18"},
       {"retention_cut_short", "core", "R11: an outcome expires before its retention is over",
        kTurns, kNoSet, "23"},
       {"every_abort_is_a_no", "core", "P4: of every abort it is told that a participant voted no",
        kTurns, kNoSet, kNone}});
}

// Limits, and refusals: P4, P7.
void AddLimits(List* list) {
  list->insert(
      list->end(),
      {{"open_limit_ignored", "core", "P7: more transactions are opened than the limit says",
        "overload", kNoSet, kNone},
       {"block_limit_ignored", "core", "P7: more blocks of ids are out than transactions may be",
        "overload", kNoSet, kNone},
       {"awaited_limit_ignored", "core",
        "P7: a participant has more answers to give than the limit says", kTurns, kNoSet, kNone},
       {"acknowledgements_not_awaited", "core",
        "P7: who has votes to give counts as busy, who has commits to acknowledge does not", kTurns,
        kNoSet, kNone},
       {"active_limit_ignored", "core",
        "P7: calls open more branches at a participant than the limit says", "overload", kNoSet,
        kNone},
       {"payload_limit_ignored", "core", "P7: a payload over the limit is carried out", "overload",
        kNoSet, kNone},
       {"remembered_not_trimmed", "core", "P7: more outcomes are remembered than the limit says",
        kTurns, kNoSet, kNone},
       {"decisions_never_removed", "core", "P7: no decision is ever removed from the log", kTurns,
        kNoSet, kNone},
       {"refused_without_load", "core",
        "P4: each fiftieth transaction is refused, however few are open", kTurns, kNoSet, kNone},
       {"refused_while_writing", "core",
        "P4: while the log is written, who begins is told that the process ends", kTurns, kNoSet,
        kNone}});
}

// Voting: P1, R4, R6.
void AddVoting(List* list) {
  list->insert(
      list->end(),
      {{"timeout_is_yes", "core", "P1: a vote that does not come in time counts as yes", kTurns,
        "two", kNone},
       {"first_yes_decides", "core", "P1: one yes is enough", kTurns, "three", kNone},
       {"no_counts_as_yes", "core", "P1: a no counts as yes", kTurns, "payload", kNone},
       {"lost_vote_ignored", "core", "R6: the end of the link that carried Prepare does not abort",
        kTurns, "three", kNone},
       {"expected_count_ignored", "core",
        "R4: another number of branches than expected does not abort", kTurns, "expected", "16"},
       {"late_enlistment_accepted", "core",
        "R4: a branch enlists after Commit was asked for, and is left out", kTurns, "eager", kNone},
       {"second_incarnation_enlists", "core",
        "R4: another incarnation takes over the branch of the one before", "between-calls", "eager",
        "16"},
       {"prepare_without_work_is_yes", "core",
        "R6: a Prepare without payload of an unknown branch is prepared", kTurns, kNoSet, "17"},
       {"prepare_while_call_runs", "core",
        "R6: a Prepare is accepted while a call of the branch still runs", kTurns, "eager", "17"},
       {"kept_abort_forgotten", "core",
        "R6: an abort that comes while the resource manager prepares is lost", kTurns, "three",
        kNone},
       {"vote_before_sync", "core", "R6: yes is said before the prepared state is durable", kTurns,
        "three", "19"},
       {"prepared_gives_up", "core", "R6: a prepared branch is rolled back when nobody answers",
        kTurns, "two", kNone},
       {"read_only_voter_sent_commit", "core",
        "R7: who voted read-only is in the decision, and is sent Commit", kTurns, "read-only",
        "4"}});
}

// Stamps: R5.
void AddStamps(List* list) {
  list->insert(
      list->end(),
      {{"stamp_not_checked", "core", "R5: a used stamp is accepted", kTurns, "strays", "14"},
       {"stamp_without_incarnation", "core", "R5: a Prepare for another incarnation is accepted",
        kTurns, "strays", "15"},
       {"window_reset_at_new_epoch", "core", "R5: a stamp of a lower epoch counts as unused",
        kTurns, "strays", "26"},
       {"prepare_after_abort_accepted", "core",
        "R5: an Abort does not use up the stamp of its Prepare", kTurns, "strays", "14"}});
}

// The second phase, acknowledgements, the clean mark: R9.
void AddCommitting(List* list) {
  list->insert(
      list->end(),
      {{"forget_at_first_ack", "core", "R9: the first acknowledgement stands for all", kTurns,
        "horizon-two", kNone},
       {"ack_trusted_unsynced", "core",
        "R9: the clean mark passes an acknowledgement that is not durable", kTurns, "two", "13"},
       {"clean_mark_ignores_commits", "core",
        "R9: the clean mark passes commits that are not acknowledged", kTurns, "three", "22"},
       {"commit_sent_once", "core", "R9: Commit is not repeated, not even to who attaches", kTurns,
        "three", kNone},
       {"ack_before_sync", "core", "R9: a commit is acknowledged before it is durable", kTurns,
        "three", "3"},
       {"not_there_acknowledged", "core",
        "R9: a commit of a branch that is not there is acknowledged", "outrun", "outrun", "20"},
       {"unknown_commit_acknowledged", "core",
        "R9: a commit of an unknown branch is acknowledged unasked", kTurns, "outrun", "20"},
       {"failed_commit_acknowledged", "core", "R9: a commit that failed is acknowledged", kTurns,
        "disks", kNone},
       {"decision_dropped_by_age", "core",
        "P6: a decision is removed when its retention is over, acknowledged or not", kTurns, kNoSet,
        kNone}});
}

// Inquiry: R10.
void AddInquiry(List* list) {
  list->insert(
      list->end(),
      {{"presume_commit", "core", "R10: who asks about an id without a record is told COMMIT",
        kTurns, "three", kNone},
       {"inquiry_while_voting_answered_abort", "core", "R10: an undecided branch is told ABORT",
        kTurns, "three", kNone},
       {"recovered_only_inquires", "core",
        "R10: only branches found at the start ask, so a restarted coordinator is not asked",
        kTurns, "three", "1"},
       {"unary_inquiry_ignored", "core",
        "R10: what participants without the library list as prepared is not answered", kTurns,
        kNoSet, "2"},
       {"finished_told_abort", "core",
        "R10: a branch that has acknowledged is told to roll back when it asks", "outrun", "strays",
        "3"},
       {"epoch_fence_ignored", "core", "R10: active branches of an earlier epoch are kept", kTurns,
        "expected", kNone},
       {"replaced_link_forgotten", "core",
        "P5: a link that was replaced by a newer one is not gone back to", "two-addresses", kNoSet,
        kNone},
       {"old_list_believed", "simulations",
        "R10: a list of what is prepared that is older than an acknowledgement is answered",
        "old-lists", kNoSet, kNone}});
}

// Starts, older copies, other stores: R2, R3.
void AddStarts(List* list) {
  list->insert(
      list->end(),
      {{"epoch_not_raised", "core",
        "R2: a restarted coordinator gives out the ids of its last life again", kTurns, "expected",
        "24"},
       {"recovery_ignores_decisions", "core",
        "R2: a restarted coordinator does not read its decisions", kTurns, "three", kNone},
       {"other_store_accepted", "core", "R3: another store attaches under a bound name", "mutants",
        "wipe", "20"},
       {"older_store_accepted", "core", "R3: a lower incarnation replaces a higher one", "mutants",
        kNoSet, "20"},
       {"second_process_accepted", "core",
        "R3: the same incarnation with another life number attaches", "mutants", kNoSet, "20"},
       {"older_log_serves", "core",
        "R3: a coordinator that hears of a later life or decision goes on", "mutants", kNoSet,
        "24"}});
}

void AddStorage(List* list) {
  list->insert(
      list->end(),
      {{"failed_sync_retried", "storage", "R8: a sync that failed is done again, and believed",
        "failing-disks", kNoSet, kNone},
       {"disk_error_forgotten", "storage", "R8: the first error of a disk does not stop the rest",
        "leveldb", kNoSet, kNone},
       {"full_disk_ignored", "storage", "R8: a write that did not fit is taken for done", "leveldb",
        kNoSet, kNone},
       {"batch_not_synced", "storage", "P2: a batch that is to be synced is not", "leveldb", kNoSet,
        kNone},
       {"directory_not_synced", "storage", "P2: a new file's name is not synced", "leveldb", kNoSet,
        kNone},
       {"opens_raised_late", "storage",
        "R2: epoch and incarnation are used before they are durable", "leveldb", kNoSet, "9"},
       {"opens_not_raised", "storage", "R2: epoch and incarnation stay as they were", "leveldb",
        kNoSet, "24"},
       {"corrupt_record_skipped", "storage", "P2: a record with a wrong checksum is left out",
        "leveldb", kNoSet, kNone},
       {"witness_ignored", "storage", "P2: a lost end of the log is not noticed at a start",
        "leveldb", kNoSet, kNone},
       {"superseded_mark_ignored", "storage",
        "R3: a database that is marked SUPERSEDED is opened again", "mutants", kNoSet, "24"},
       {"batch_limit_too_low", "storage", "R8: a batch of 1 KiB is refused as too large", "leveldb",
        kNoSet, kNone}});
}

void AddCoordinator(List* list) {
  list->insert(
      list->end(),
      {{"decision_not_synced", "coordinator", "R7: a decision counts as written before its sync",
        kTurns, kNoSet, kNone},
       {"recovered_trusted_unsynced", "coordinator",
        "R2: what was read at a start is acted on before it is synced", kTurns, kNoSet, "9"},
       {"horizon_lost", "coordinator", "R11: a restarted log does not know its horizon", kTurns,
        kNoSet, "8"},
       {"decision_counter_lost", "coordinator",
        "R3: decision numbers start anew once the highest decision is removed", "leveldb", kNoSet,
        kNone},
       {"batch_order_broken", "coordinator", "the log is not written in the order of its tickets",
        kTurns, kNoSet, kNone},
       {"ticket_of_what_waits", "coordinator",
        "R7: what still waits for the next batch counts as durable", kTurns, kNoSet, kNone},
       {"group_of_decisions_removed_whole", "coordinator",
        "R2: a record of several decisions goes with the first of them", "leveldb", kNoSet, kNone},
       {"shrunk_group_refused", "coordinator",
        "R8: a record that has lost a part is taken for damaged, and the log fails", "leveldb",
        kNoSet, kNone}});
}

void AddParticipant(List* list) {
  list->insert(
      list->end(),
      {{"vote_not_synced", "participant", "R6: the prepared branch is not synced before the vote",
        kTurns, kNoSet, kNone},
       {"commit_not_synced", "participant",
        "R9: the commit is not synced before its acknowledgement", kTurns, kNoSet, "3"},
       {"answered_before_write", "participant", "R6, R9: the store answers before it writes",
        kTurns, kNoSet, "3"},
       {"failed_write_answered", "participant", "R8: the store goes on after a failed write",
        kTurns, kNoSet, kNone},
       {"in_doubt_not_listed", "participant", "R10: prepared branches are not listed at a start",
        kTurns, kNoSet, kNone},
       {"locks_not_retaken", "participant", "R6: prepared branches have no locks after a start",
        kTurns, kNoSet, kNone},
       {"locks_released_at_vote", "participant", "R6: a prepared branch gives up its locks", kTurns,
        kNoSet, kNone},
       {"dropped_branch_keeps_locks", "participant",
        "P5: a branch that was dropped before its vote keeps its locks", kTurns, kNoSet, kNone},
       {"failed_operation_prepared", "participant",
        "P1: yes is voted though an operation of the branch failed", kTurns, kNoSet, kNone},
       {"proof_not_kept", "participant", "R9: no proof of a commit is kept", kTurns, kNoSet, "20"},
       {"proof_dropped_early", "participant", "R9: proofs above the clean mark are dropped", kTurns,
        kNoSet, "14"},
       {"proof_dropped_before_group", "participant",
        "R9: a proof is dropped while a group still names its branch as prepared", kTurns, kNoSet,
        kNone},
       {"abort_not_recorded", "participant",
        "R10: a rolled back branch of a group is prepared again after a start", kTurns, kNoSet,
        kNone},
       {"group_removed_early", "participant",
        "R6: a group of prepared branches goes with the first of them", kTurns, kNoSet, kNone},
       {"incarnation_not_raised", "participant", "R3: a restarted store has the incarnation it had",
        kTurns, kNoSet, "16"},
       {"knowledge_not_kept", "participant",
        "R3: the highest epoch and decision are forgotten at a restart", "mutants", kNoSet, "24"},
       {"superseded_not_marked", "participant", "R3: an older copy of a store is not marked",
        "mutants", kNoSet, "20"},
       {"last_write_left_out", "participant", "P1: a commit leaves out the last of its writes",
        kTurns, kNoSet, kNone},
       {"rollback_leaves_a_write", "participant", "P1: a rollback leaves one of its writes", kTurns,
        kNoSet, kNone},
       {"committed_value_not_cached", "participant",
        "a remembered value is not replaced at a commit", kTurns, kNoSet, kNone},
       {"redo_left_out", "participant",
        "P2: a start forgets what was committed and not written back", kTurns, kNoSet, kNone},
       {"redo_order_lost", "participant",
        "P2: a start takes the first of two values of a key that were not written back", kTurns,
        kNoSet, kNone},
       {"redo_not_ended", "participant",
        "P2: a start takes an old value from a group that stays for another branch", "mutants",
        kNoSet, kNone},
       {"written_back_too_far", "participant", "P2: values that still wait count as written back",
        kTurns, kNoSet, kNone},
       {"proofs_never_removed", "participant", "P7: no proof of a commit is ever removed", kTurns,
        kNoSet, kNone},
       {"aborts_never_removed", "participant", "P7: no record of an abort is ever removed", kTurns,
        kNoSet, kNone}});
}

void AddProto(List* list) {
  list->insert(list->end(),
               {{"unknown_read_as_aborted", "proto", "P4: UNKNOWN is read as ABORTED", kTurns,
                 kNoSet, kNone},
                {"expected_count_not_read", "proto", "R4: the expected number of branches is lost",
                 kTurns, kNoSet, "16"},
                {"answer_of_another_call", "proto", "P4: a session's answer goes to another call",
                 kTurns, kNoSet, kNone},
                {"decision_without_store", "proto",
                 "R9: the record of a decision names another store than the one that voted",
                 "leveldb", kNoSet, "20"}});
}

List MakeCatalogue() {
  List list;
  AddTelling(&list);
  AddLimits(&list);
  AddVoting(&list);
  AddStamps(&list);
  AddCommitting(&list);
  AddInquiry(&list);
  AddStarts(&list);
  AddStorage(&list);
  AddCoordinator(&list);
  AddParticipant(&list);
  AddProto(&list);
  return list;
}

}  // namespace

const std::vector<Mutant>& Catalogue() {
  static const List catalogue = MakeCatalogue();
  return catalogue;
}

const Mutant* FindMutant(std::string_view name) {
  for (const Mutant& mutant : Catalogue()) {
    if (mutant.name == name) return &mutant;
  }
  return nullptr;
}

}  // namespace assent::mutants
