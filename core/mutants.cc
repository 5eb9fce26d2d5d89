#include "core/mutants.h"

#include <string>

namespace assent {
namespace {

std::string& Active() {
  static std::string name;
  return name;
}

}  // namespace

const std::vector<Mutant>& CoreMutants() {
  static const std::vector<Mutant> mutants = {
      {"answer_before_sync", "R7: a commit is told, and sent, before it is durable"},
      {"deciding_told_committed", "R7: who asks while the commit is written is told COMMITTED"},
      {"deciding_told_aborted", "R7: who asks while the commit is written is told ABORTED"},
      {"unknown_told_aborted", "R8: an outcome that is not known is told as ABORTED"},
      {"timeout_is_yes", "P1: a vote that does not come in time counts as yes"},
      {"lost_vote_ignored", "R6: the end of the link that carried Prepare does not abort"},
      {"forget_at_first_ack", "R9: the first acknowledgement stands for all"},
      {"ack_trusted_unsynced", "R9: the clean mark passes an acknowledgement that is not durable"},
      {"clean_mark_ignores_commits", "R9: the clean mark passes commits that are not acknowledged"},
      {"presume_commit", "R10: who asks about an id without a record is told COMMIT"},
      {"inquiry_while_voting_answered_abort", "R10: an undecided branch is told ABORT"},
      {"commit_sent_once", "R9: Commit is not repeated, not even to who attaches"},
      {"closed_id_reopened", "R1: a Commit opens an id that was closed"},
      {"unopened_answered_aborted", "R1: an id that can still be opened is answered ABORTED"},
      {"horizon_answers_aborted", "R1: below the horizon the answer is ABORTED"},
      {"future_id_answered_aborted", "R1: an id that was not given out is answered ABORTED"},
      {"epoch_not_raised", "R2: a restarted coordinator gives out the ids of its last life again"},
      {"recovery_ignores_decisions", "R2: a restarted coordinator does not read its decisions"},
      {"expected_count_ignored", "R4: another number of branches than expected does not abort"},
      {"late_enlistment_accepted",
       "R4: a branch enlists after Commit was asked for, and is left out"},
      {"second_incarnation_enlists",
       "R4: another incarnation takes over the branch of the one before"},
      {"read_only_voter_sent_commit",
       "R7: who voted read-only is in the decision, and is sent Commit"},
      {"read_only_not_remembered",
       "R1: what was told of an all read-only transaction is forgotten"},
      {"other_store_accepted", "R3: another store attaches under a bound name"},
      {"first_yes_decides", "P1: one yes is enough"},
      {"no_counts_as_yes", "P1: a no counts as yes"},
      {"vote_before_sync", "R6: yes is said before the prepared state is durable"},
      {"ack_before_sync", "R9: a commit is acknowledged before it is durable"},
      {"not_there_acknowledged", "R9: a commit of a branch that is not there is acknowledged"},
      {"unknown_commit_acknowledged", "R9: a commit of an unknown branch is acknowledged unasked"},
      {"prepared_gives_up", "R6: a prepared branch is rolled back when nobody answers"},
      {"recovered_only_inquires",
       "R10: only branches found at the start ask, so a restarted coordinator is not asked"},
      {"stamp_not_checked", "R5: a used stamp is accepted"},
      {"stamp_without_incarnation", "R5: a Prepare for another incarnation is accepted"},
      {"window_reset_at_new_epoch", "R5: a stamp of a lower epoch counts as unused"},
      {"prepare_after_abort_accepted", "R5: an Abort does not use up the stamp of its Prepare"},
      {"prepare_without_work_is_yes",
       "R6: a Prepare without payload of an unknown branch is prepared"},
      {"prepare_while_call_runs",
       "R6: a Prepare is accepted while a call of the branch still runs"},
      {"epoch_fence_ignored", "R10: active branches of an earlier epoch are kept"},
      {"kept_abort_forgotten", "an abort that comes while the resource manager prepares is lost"},
      {"vote_goes_to_any_link", "R6: a vote is sent on another link than its Prepare came on"},
      {"failed_commit_acknowledged", "R9: a commit that failed is acknowledged"},
  };
  return mutants;
}

void ActivateMutant(std::string_view name) { Active() = name; }

bool IsActiveMutant(std::string_view name) { return name == Active(); }

}  // namespace assent
