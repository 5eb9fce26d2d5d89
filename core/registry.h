// The participants of a coordinator and their links: who owns a name, who is attached (R3).
//
// Not thread-safe. Participants live as long as the registry, at a fixed address.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/coordinator_io.h"
#include "core/ids.h"
#include "core/messages.h"
#include "core/records.h"
#include "core/sequence_map.h"

namespace assent {

// A participant as its coordinator knows it.
class KnownParticipant {
 public:
  const std::string& name() const { return name_; }
  StoreId store() const { return store_; }  // empty: the name is not bound
  Incarnation incarnation() const { return incarnation_; }
  LifeNumber life() const { return life_; }  // of `incarnation`; 0: not heard in this epoch
  bool attached() const { return link_ != 0; }
  LinkId link() const { return link_; }  // 0: not attached
  LinkKind kind() const { return kind_; }
  bool AttachedAs(Incarnation incarnation) const {
    return attached() && incarnation_ == incarnation;
  }

  // R5: never the same twice within this epoch.
  std::uint64_t NextStamp() { return ++last_stamp_; }
  std::uint64_t last_stamp() const { return last_stamp_; }

  // Commits of it whose acknowledgement is not yet durable (R9).
  void AddUnfinished(Sequence id) { unfinished_.Insert(id); }
  void RemoveUnfinished(Sequence id) { unfinished_.Erase(id); }
  const SequenceSet& unfinished() const { return unfinished_; }

  // Branches that it has been asked to prepare and whose vote is awaited.
  void AddUnvoted() { ++unvoted_; }
  void RemoveUnvoted() { --unvoted_; }
  std::size_t unvoted() const { return unvoted_; }

  // Commits that were sent once, as soon as they were durable, and are not acknowledged. One that
  // is repeated does not count: a store that cannot commit would never be asked again.
  void AddUnacknowledged() { ++unacknowledged_; }
  void RemoveUnacknowledged() { --unacknowledged_; }
  std::size_t unacknowledged() const { return unacknowledged_; }

  // Transactions whose Prepare went out on its link, in the order of sending. May name some that
  // have its vote by now.
  void AddPrepared(Sequence id) { prepared_.push_back(id); }
  std::vector<Sequence>& prepared() { return prepared_; }
  const std::vector<Sequence>& prepared() const { return prepared_; }

 private:
  friend class Registry;
  std::string name_;
  StoreId store_;
  Incarnation incarnation_ = 0;
  LifeNumber life_ = 0;  // of `incarnation_`; 0: not heard in this epoch
  LinkId link_ = 0;
  LinkKind kind_ = LinkKind::kStream;
  std::uint64_t last_stamp_ = 0;
  std::size_t unvoted_ = 0;
  std::size_t unacknowledged_ = 0;
  SequenceSet unfinished_;
  std::vector<Sequence> prepared_;
};

class Registry {
 public:
  struct Link {
    LinkKind kind = LinkKind::kStream;
    KnownParticipant* participant = nullptr;  // null: not attached
  };
  struct Refusal {
    Reason reason = Reason::kNone;
    std::string text;
    std::string participant = {};  // as in ErrorReply
  };

  void Restore(const BindingUpdate& binding);

  void Open(LinkId id, LinkKind kind);
  // Null if the link is not open.
  const Link* FindLink(LinkId id) const;
  // Forgets the link; returns the participant that was attached by it, or null.
  KnownParticipant* Close(LinkId id);

  // R3: whether the store may attach under its name; kNone if it may.
  Refusal Check(const Attach& attach) const;
  // Attaches what Check() let in; its older link must have been closed, unless it is this one. True
  // if the binding is new or its incarnation higher: to be recorded.
  bool Attach(LinkId link, const assent::Attach& attach);
  // An operator's binding, or release if `store` is empty. The participant must not be attached.
  void Rebind(std::string_view name, StoreId store);

  // Null if no participant of that name was ever bound.
  KnownParticipant* Find(std::string_view name);
  const KnownParticipant* Find(std::string_view name) const;
  KnownParticipant* FindOrAdd(std::string_view name);
  const std::map<std::string, KnownParticipant, std::less<>>& participants() const {
    return participants_;
  }
  const std::unordered_map<LinkId, Link>& links() const { return links_; }

 private:
  std::map<std::string, KnownParticipant, std::less<>> participants_;
  std::unordered_map<LinkId, Link> links_;
};

}  // namespace assent
