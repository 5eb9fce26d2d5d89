// Fields of wire messages, converted one by one; for wire_convert's own files only.
//
// Each Read gives false, with `error` naming `field` and what is wrong, if the field is not valid.
#pragma once

#include <google/protobuf/io/coded_stream.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/wire_convert.h"

namespace assent::wire {

// Always false: "return Fail(...)".
bool Fail(Reason reason, std::string_view field, std::string_view what, WireError* error);
inline bool Malformed(std::string_view field, std::string_view what, WireError* error) {
  return Fail(Reason::kMalformedRequest, field, what, error);
}

// Puts `where`, as in "items[3]", in front of the text; always false.
bool Within(std::string_view list, int index, WireError* error);

bool ReadSequence(std::uint64_t epoch, std::uint64_t number, Sequence* id, WireError* error);
bool ReadTransactionId(std::string_view text, TransactionId* id, WireError* error);
bool ReadCoordinatorId(std::string_view text, CoordinatorId* id, WireError* error);
bool ReadParticipant(std::string* text, std::string* name, WireError* error);
bool ReadParticipantOrEmpty(std::string* text, std::string* name, WireError* error);
bool ReadStoreId(std::string_view text, StoreId* store, WireError* error);
bool ReadStoreIdOrEmpty(std::string_view text, StoreId* store, WireError* error);
// At least 1.
bool ReadPositive(std::string_view field, std::uint64_t from, std::uint64_t* to, WireError* error);
// Not negative; cut to a hundred years.
bool ReadDuration(std::string_view field, std::int64_t micros, Duration* to, WireError* error);
bool ReadVoteKind(v1::VoteKind from, VoteKind* to, WireError* error);
bool ReadVerdict(v1::Verdict from, Verdict* to, WireError* error);
bool ReadWaitFor(v1::WaitFor from, WaitFor* to, WireError* error);
bool ReadPeer(v1::Peer* from, Peer* to, WireError* error);
bool ReadBranchRequest(v1::BranchRequest* from, BranchRequest* to, WireError* error);
bool ReadKnowledge(const v1::CoordinatorKnowledge& from, CoordinatorKnowledge* to,
                   WireError* error);
bool ReadOutcome(v1::TransactionOutcome* from, OutcomeReply* to, WireError* error);

// Empty is kNone; one that this version does not know becomes kInternal, its name put into `text`.
Reason ReadReason(std::string_view name, std::string* text);

// Whether CleanText leaves it as it is.
bool IsCleanText(std::string_view text);

// At most kMaxTextSize bytes of valid UTF-8: cut at a character's end, invalid bytes become '?'.
std::string CleanText(std::string text);

// Bytes that `item` adds to its frame: itself, its tag and its length.
template <class Message>
std::size_t ItemSize(const Message& item) {
  const std::size_t size = item.ByteSizeLong();
  return size + google::protobuf::io::CodedOutputStream::VarintSize64(size) + 1;
}

std::string StoreIdText(const StoreId& store);  // empty for the empty one
v1::WaitFor ToWire(WaitFor wait_for);
v1::AbortReason ToWire(AbortReason reason);
v1::TransactionState ToWire(TransactionState state);
void Write(Peer from, v1::Peer* to);
void Write(BranchRequest from, v1::BranchRequest* to);
void Write(const CoordinatorKnowledge& from, v1::CoordinatorKnowledge* to);
void Write(OutcomeReply from, v1::TransactionOutcome* to);

}  // namespace assent::wire
