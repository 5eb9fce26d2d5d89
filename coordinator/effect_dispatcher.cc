#include "coordinator/effect_dispatcher.h"

#include <utility>
#include <variant>

namespace assent {

void EffectDispatcher::Perform(CoordinatorEffects* effects) {
  for (CoordinatorEffect& effect : *effects) {
    std::visit([this](auto& one) { Do(std::move(one)); }, effect);
  }
  effects->clear();
}

void EffectDispatcher::Do(coordinator_effect::Reply effect) {
  replies_->Reply(effect.request, std::move(effect.body));
}

void EffectDispatcher::Do(coordinator_effect::Send effect) {
  links_->Send(effect.link, std::move(effect.message));
}

void EffectDispatcher::Do(coordinator_effect::CloseLink effect) {
  links_->CloseLink(effect.link, effect.reason, effect.text);
}

void EffectDispatcher::Do(coordinator_effect::LogDecision effect) {
  log_->WriteDecision(effect.ticket, std::move(effect.record));
}

void EffectDispatcher::Do(coordinator_effect::LogUpdated effect) {
  log_->WriteUpdate(effect.ticket, std::move(effect.update), effect.urgent);
}

void EffectDispatcher::Do(const coordinator_effect::BindingReplaced& effect) {
  replies_->BindingReplaced(effect.request, effect.reason, std::move(effect.text));
}

void EffectDispatcher::Do(coordinator_effect::Notice effect) {
  notices_->Notice(std::move(effect));
}

void EffectDispatcher::Do(coordinator_effect::Halt effect) {
  notices_->Halt(effect.reason, std::move(effect.text));
}

}  // namespace assent
