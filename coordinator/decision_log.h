// Where a coordinator keeps its decisions: the one thing that it must never lose.
//
// A log is opened (by a function of its implementation), gives back what it holds, and takes
// batches until it is destroyed or fails. Opening raises the epoch and syncs it; that sync covers
// everything that was read (R2), so what `TakeRecovered` gives may be acted on at once.
//
// What is durable when: a batch with a decision, a SupersededUpdate or `sync` is durable when
// `Write` has returned OK. One without survives the death of the process, but a power loss may take
// it, with all that came after it: what a power loss leaves is a prefix of all batches, and that
// prefix holds the last synced one.
//
// Errors are storage::Status. After the first failed `Write` nothing is known about the disk (R8):
// the batch may or may not be found at the next start, every later `Write` fails as well, and the
// process must stop. Kinds: kIoError (the disk), kSuperseded (fenced: another life of this
// coordinator has taken over, or the log is marked as an older copy), kInvalidArgument (the batch
// is over the implementation's limit; nothing was written, but the log counts as failed all the
// same).
//
// Threads: one at a time. Blocking: `Write` waits for the disk or the network.
#pragma once

#include "core/records.h"
#include "storage/status.h"

namespace assent {

class DecisionLog {
 public:
  DecisionLog() = default;
  DecisionLog(const DecisionLog&) = delete;
  DecisionLog& operator=(const DecisionLog&) = delete;
  // Closes the log. What was not synced is as after the death of the process.
  virtual ~DecisionLog() = default;

  // What the log held when it was opened, with the epoch of this life. Decisions are in the order
  // of their ids, bindings in that of their names. To be called once, before the first `Write`.
  virtual RecoveredLog TakeRecovered() = 0;

  // Writes `batch` atomically. The caller keeps the protocol's order, which is checked: a
  // decision's id and number are new (numbers grow), acknowledgements name decisions that are
  // there, removals those whose last acknowledgement came in an earlier batch, and the horizon does
  // not fall. An empty batch with `sync` syncs what was
  // written before. A SupersededUpdate is the exception from atomic: it is written after all else,
  // on its own.
  [[nodiscard]] virtual storage::Status Write(const LogBatch& batch) = 0;
};

}  // namespace assent
