#include "runtime/link.h"

#include "core/check.h"
#include "runtime/errors.h"

namespace assent {
namespace {

grpc::Status FrameTooLarge(std::size_t bytes, std::size_t limit) {
  return MakeError(grpc::StatusCode::INVALID_ARGUMENT, "FRAME_TOO_LARGE",
                   "a frame of " + std::to_string(bytes) + " bytes exceeds the limit of " +
                       std::to_string(limit) + " bytes; send smaller frames");
}

}  // namespace

grpc::Status PeerDoesNotRead() {
  return MakeError(grpc::StatusCode::RESOURCE_EXHAUSTED, "PEER_DOES_NOT_READ",
                   "the peer does not read its stream and too much waits for it");
}

Link::Link(EventLoop* loop, LinkOwner* owner, const LinkLimits& limits)
    : loop_(loop), owner_(owner), limits_(limits) {
  loop_->Hold();
}

Link::~Link() { loop_->Release(); }

void Link::BecomeOpen() {
  state_ = State::kOpen;
  owner_->Opened(this);
  if (state_ == State::kOpen) Read();
}

void Link::Read() {
  reading_ = true;
  in_.Clear();
  StartRead(&in_, &read_);
}

void Link::OnRead(bool ok) {
  reading_ = false;
  if (state_ == State::kOpen) {
    if (ok) {
      DeliverFrame();
    } else {
      ReadEnded();
    }
  }
  if (state_ == State::kOpen) Read();
  Advance();
}

void Link::DeliverFrame() {
  const std::size_t bytes = in_.Length();
  loop_->traffic()->Received(bytes);
  const grpc::Status status = bytes > limits_.max_frame_bytes
                                  ? FrameTooLarge(bytes, limits_.max_frame_bytes)
                                  : owner_->Frame(this, &in_);
  if (!status.ok() && state_ == State::kOpen) Refused(status);
}

void Link::MarkDirty(std::size_t pending_bytes) {
  if (state_ != State::kOpen) return;
  if (writing_ && pending_bytes > limits_.max_pending_bytes && !cut_off_) {
    // The read under way fails in consequence, and tells the owner.
    cut_off_ = true;
    CancelStream();
  }
  if (dirty_ || writing_) return;  // A write that comes back asks anyway.
  dirty_ = true;
  loop_->FlushLater(this);
}

void Link::Flush() {
  dirty_ = false;
  if (state_ == State::kOpen && !writing_) {
    out_.Clear();
    if (owner_->Take(this, &out_)) {
      writing_ = true;
      loop_->traffic()->Sent(out_.Length());
      StartWrite(out_, &wrote_);
    }
  }
  Advance();
}

void Link::OnWrote(bool ok) {
  writing_ = false;
  // A failed write tells nothing that the failing read does not tell better.
  if (ok) MarkDirty();
  Advance();
}

void Link::Close(const grpc::Status& status) {
  Silence();
  End(status);
  OwnerEnded();
  if (dirty_) return;  // Flush advances.
  dirty_ = true;
  loop_->FlushLater(this);
}

void Link::Cancel() {
  Close(grpc::Status::CANCELLED);
  CancelStream();
}

void Link::End(const grpc::Status& status) {
  if (state_ != State::kOpening && state_ != State::kOpen) return;
  state_ = State::kEnding;
  status_ = status;
}

void Link::TellClosed(const grpc::Status& status) {
  if (told_) return;
  told_ = true;
  owner_->Closed(this, status);
}

void Link::OnFinished() {
  finish_under_way_ = false;
  Finished();
  Advance();
}

void Link::Advance() {
  if (state_ == State::kEnding && MayFinish()) {
    state_ = State::kFinishing;
    finish_under_way_ = true;
    StartFinish(&finished_);
  }
  const bool idle = !reading_ && !writing_ && !finish_under_way_ && !dirty_;
  if (state_ == State::kFinishing && idle) delete this;
}

}  // namespace assent
