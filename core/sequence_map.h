// Values by transaction id, for ids that are given out in runs: 64 neighbours share one node, so a
// value costs little more than itself, and what is looked up together lies together.
//
// Ordered by id. A value stays at its address until it is erased. A node is as large as 64 values,
// however few of them are there: for small values. Not thread-safe.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/ids.h"

namespace assent {

template <typename Value>
class SequenceMap {
 public:
  // Null if there is none.
  Value* Find(Sequence id) {
    return const_cast<Value*>(static_cast<const SequenceMap*>(this)->Find(id));
  }
  const Value* Find(Sequence id) const {
    const auto node = nodes_.find(NodeOf(id));
    return node != nodes_.end() && node->second.Has(PlaceOf(id)) ? node->second.At(PlaceOf(id))
                                                                 : nullptr;
  }
  bool Contains(Sequence id) const { return Find(id) != nullptr; }

  // The value of `id`, made from `arguments` if there was none; and whether there was none.
  template <typename... Arguments>
  std::pair<Value*, bool> Emplace(Sequence id, Arguments&&... arguments) {
    Node& node = nodes_[NodeOf(id)];
    const unsigned place = PlaceOf(id);
    if (node.Has(place)) return {node.At(place), false};
    std::construct_at(reinterpret_cast<Value*>(node.slots[place].bytes),
                      std::forward<Arguments>(arguments)...);
    node.present |= std::uint64_t{1} << place;
    ++size_;
    return {node.At(place), true};
  }

  // Whether it was there.
  bool Erase(Sequence id) {
    const auto node = nodes_.find(NodeOf(id));
    if (node == nodes_.end() || !node->second.Has(PlaceOf(id))) return false;
    node->second.Remove(PlaceOf(id));
    --size_;
    if (node->second.present == 0) nodes_.erase(node);
    return true;
  }

  void EraseBelow(Sequence end) {
    while (size_ > 0 && First() < end) Erase(First());
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // The lowest id. Not empty.
  Sequence First() const {
    ASSENT_CHECK(size_ > 0, "an empty map has no first id");
    const auto& [first, node] = *nodes_.begin();
    return {first.epoch, first.number + static_cast<unsigned>(std::countr_zero(node.present))};
  }

  // Calls visit(id, value) in the order of ids. `visit` changes no membership.
  template <typename Visitor>
  void ForEach(Visitor visit) const {
    VisitFrom({}, [&](Sequence id, const Value& value) {
      visit(id, value);
      return true;
    });
  }

  // The same, of `first` and what is above it, until visit(id, value) gives false.
  template <typename Visitor>
  void VisitFrom(Sequence first, Visitor visit) const {
    for (auto node = nodes_.lower_bound(NodeOf(first)); node != nodes_.end(); ++node) {
      for (std::uint64_t left = node->second.present; left != 0; left &= left - 1) {
        const auto place = static_cast<unsigned>(std::countr_zero(left));
        const Sequence id{node->first.epoch, node->first.number + place};
        if (id >= first && !visit(id, *node->second.At(place))) return;
      }
    }
  }

 private:
  static constexpr std::uint64_t kPlaces = 64;

  struct Node {
    struct Slot {
      alignas(Value) std::byte bytes[sizeof(Value)];
    };

    Node() = default;
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    ~Node() {
      while (present != 0) Remove(static_cast<unsigned>(std::countr_zero(present)));
    }

    bool Has(unsigned place) const { return (present >> place & 1) != 0; }
    Value* At(unsigned place) { return std::launder(reinterpret_cast<Value*>(slots[place].bytes)); }
    const Value* At(unsigned place) const {
      return std::launder(reinterpret_cast<const Value*>(slots[place].bytes));
    }
    void Remove(unsigned place) {
      std::destroy_at(At(place));
      present &= ~(std::uint64_t{1} << place);
    }

    std::uint64_t present = 0;
    Slot slots[kPlaces];
  };

  static Sequence NodeOf(Sequence id) { return {id.epoch, id.number / kPlaces * kPlaces}; }
  static unsigned PlaceOf(Sequence id) { return static_cast<unsigned>(id.number % kPlaces); }

  std::map<Sequence, Node> nodes_;  // by the first id of each
  std::size_t size_ = 0;
};

// A set of ids, one bit each.
class SequenceSet {
 public:
  // Whether it was not there.
  bool Insert(Sequence id) {
    std::uint64_t& bits = words_[WordOf(id)];
    const bool added = (bits & BitOf(id)) == 0;
    bits |= BitOf(id);
    if (added) ++size_;
    return added;
  }
  bool Contains(Sequence id) const {
    // What is asked for most often is new, and above all of them.
    if (words_.empty() || words_.rbegin()->first < WordOf(id)) return false;
    const auto word = words_.find(WordOf(id));
    return word != words_.end() && (word->second & BitOf(id)) != 0;
  }
  // Whether it was there.
  bool Erase(Sequence id) {
    const auto word = words_.find(WordOf(id));
    if (word == words_.end() || (word->second & BitOf(id)) == 0) return false;
    word->second &= ~BitOf(id);
    if (word->second == 0) words_.erase(word);
    --size_;
    return true;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // The lowest id. Not empty.
  Sequence First() const {
    ASSENT_CHECK(size_ > 0, "an empty set has no first id");
    const auto& [first, bits] = *words_.begin();
    return {first.epoch, first.number + static_cast<unsigned>(std::countr_zero(bits))};
  }

  // All of them, in their order.
  std::vector<Sequence> List() const {
    std::vector<Sequence> ids;
    ids.reserve(size_);
    for (const auto& [first, bits] : words_) {
      for (std::uint64_t left = bits; left != 0; left &= left - 1) {
        ids.push_back({first.epoch, first.number + static_cast<unsigned>(std::countr_zero(left))});
      }
    }
    return ids;
  }

 private:
  static Sequence WordOf(Sequence id) { return {id.epoch, id.number / 64 * 64}; }
  static std::uint64_t BitOf(Sequence id) { return std::uint64_t{1} << id.number % 64; }

  std::map<Sequence, std::uint64_t> words_;  // by the first id of each; none is 0
  std::size_t size_ = 0;
};

}  // namespace assent
