#include "core/registry.h"

#include "core/check.h"
#include "core/mutants.h"

namespace assent {

void Registry::Restore(const BindingUpdate& binding) {
  KnownParticipant* participant = FindOrAdd(binding.participant);
  participant->store_ = binding.store;
  participant->incarnation_ = binding.incarnation;
}

void Registry::Open(LinkId id, LinkKind kind) {
  ASSENT_CHECK(id != 0 && !links_.contains(id), "a link's number is used once");
  links_.emplace(id, Link{kind, nullptr});
}

const Registry::Link* Registry::FindLink(LinkId id) const {
  const auto found = links_.find(id);
  return found == links_.end() ? nullptr : &found->second;
}

KnownParticipant* Registry::Close(LinkId id) {
  const auto found = links_.find(id);
  if (found == links_.end()) return nullptr;
  KnownParticipant* participant = found->second.participant;
  links_.erase(found);
  if (participant != nullptr) participant->link_ = 0;
  return participant;
}

Registry::Refusal Registry::Check(const assent::Attach& attach) const {
  const KnownParticipant* known = Find(attach.participant);
  if (known == nullptr || known->store_.empty()) return {};
  const std::string name = "participant " + known->name_;
  if (known->store_ != attach.store && ASSENT_MUTANT(other_store_accepted)) return {};
  if (known->store_ != attach.store) {
    return {Reason::kOtherStore, name + " is bound to store " + known->store_.ToText() + ", not " +
                                     attach.store.ToText() +
                                     ": start it with its own store, or let an operator replace "
                                     "the participant"};
  }
  if (attach.incarnation < known->incarnation_ && !ASSENT_MUTANT(older_store_accepted)) {
    return {Reason::kStaleIncarnation,
            name + " has been seen in incarnation " + std::to_string(known->incarnation_) +
                ", this is " + std::to_string(attach.incarnation) +
                ": its store is an older copy; put the right one back, or let an operator replace "
                "the participant"};
  }
  const bool same_life = known->life_ == 0 || known->life_ == attach.life;
  if (attach.incarnation == known->incarnation_ && !same_life &&
      !ASSENT_MUTANT(second_process_accepted)) {
    return {Reason::kSameIncarnationOtherLife,
            name + " is known in incarnation " + std::to_string(attach.incarnation) +
                " with another life number: two processes run on copies of one store; stop one"};
  }
  return {};
}

bool Registry::Attach(LinkId link, const assent::Attach& attach) {
  KnownParticipant* participant = FindOrAdd(attach.participant);
  ASSENT_CHECK(participant->link_ == 0 || participant->link_ == link,
               "a participant is attached by one link");
  const bool recorded =
      participant->store_ == attach.store && participant->incarnation_ == attach.incarnation;
  participant->store_ = attach.store;
  participant->incarnation_ = attach.incarnation;
  participant->life_ = attach.life;
  Link& entry = links_.at(link);
  participant->link_ = link;
  participant->kind_ = entry.kind;
  entry.participant = participant;
  return !recorded;
}

void Registry::Rebind(std::string_view name, StoreId store) {
  KnownParticipant* participant = FindOrAdd(name);
  ASSENT_CHECK(!participant->attached(), "a name is rebound while nobody is attached");
  participant->store_ = store;
  participant->incarnation_ = 0;
  participant->life_ = 0;
}

KnownParticipant* Registry::Find(std::string_view name) {
  const auto found = participants_.find(name);
  return found == participants_.end() ? nullptr : &found->second;
}

const KnownParticipant* Registry::Find(std::string_view name) const {
  const auto found = participants_.find(name);
  return found == participants_.end() ? nullptr : &found->second;
}

KnownParticipant* Registry::FindOrAdd(std::string_view name) {
  const auto found = participants_.find(name);
  if (found != participants_.end()) return &found->second;
  KnownParticipant& participant = participants_[std::string(name)];
  participant.name_ = name;
  return &participant;
}

}  // namespace assent
