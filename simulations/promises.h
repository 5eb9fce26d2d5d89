// The promises and rules of docs/protocol.md that a checker may find broken, in a sentence each.
// This is the one list of them: a checker that names another one does not compile.
#pragma once

#include <string>
#include <string_view>

namespace assent::simulation {

struct Promise {
  std::string_view name;
  std::string_view words;  // as a report quotes it
};

inline constexpr Promise kPromises[] = {
    {"P1", "Atomic: no participant commits a transaction that another one aborts."},
    {"P2", "Durable: an outcome that was told to anybody survives any crash, and power loss."},
    {"P3", "Once: a branch's effect happens once, whatever is retried, duplicated or late."},
    {"P4", "Honest: COMMITTED and ABORTED are told only when that is so and stays so."},
    {"P5", "Live: when faults heal, every transaction finishes and nobody stays in doubt."},
    {"P6", "Nothing is dropped by a timer: what is unfinished is never deleted because it is old."},
    {"P7", "Bounded: memory and disk are bounded; what is over the limits is refused."},
    {"R1", "An id is opened once and, once closed, stays closed."},
    {"R2", "Nothing read from a log is acted on before the sync of the raised epoch."},
    {"R3", "A participant's name has one owner, and no older copy of a store or log is used."},
    {"R4", "A decision covers the work of everybody who was told that its work belongs to it."},
    {"R5",
     "A Prepare is carried out at most once, and not after the Abort that used up its stamp."},
    {"R6", "A participant votes yes only when its branch is durable, and keeps it until told."},
    {"R7", "A commit is written with sync before anybody is told."},
    {"R8", "After a failed write nothing more is decided, and a write on a good disk works."},
    {"R9", "Completion is told, and a decision forgotten, when every branch has acknowledged."},
    {"R10", "A branch in doubt is told the outcome that its coordinator's log holds."},
    {"R11", "An outcome is forgotten only after its retention, and when nobody needs it any more."},
    {"order", "Who was told that all is done sees it ever after, through whatever coordinator."},
    {"alarm", "No alarm is raised without a cause."},
    {"invariant", "The invariants of the state machines hold in every step."},
    {"conservation", "Money and goods are neither made nor lost."},
    {"wire", "Every message survives its encoding."},
    {"shell", "Every request is answered once."},
    {"finish", "Every world finishes within its actions."},
    {"determinism", "The same seed and the same build give the same world."},
    {"process", "The code under test does not end the process."},
};

// Empty for what is no promise.
constexpr std::string_view PromiseInWords(std::string_view name) {
  for (const Promise& one : kPromises) {
    if (one.name == name) return one.words;
  }
  return {};
}

void NoPromiseIsCalledSo();  // not defined: ends the compilation of a PromiseName

// "P1", "R6", "alarm", …: a text of the program that kPromises has.
class PromiseName {
 public:
  consteval PromiseName(const char* name) : name_(name) {
    if (PromiseInWords(name_).empty()) NoPromiseIsCalledSo();
  }
  operator std::string() const { return std::string(name_); }

 private:
  std::string_view name_;
};

}  // namespace assent::simulation
