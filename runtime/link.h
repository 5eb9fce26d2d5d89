// A link: one bidirectional stream of frames (raw byte buffers), the same at a server and at a
// client.
//
// Reading: one read is always under way; each frame goes to the owner as it arrives.
// Writing: one write at a time. The owner keeps what it wants to say; `MarkDirty` says that there
// is something, and at the end of the loop's turn, once the last write is done, `Take` asks for all
// of it as one frame. So what piled up leaves together (natural batching), without a timer.
// Threads: everything on the loop's thread. Nothing blocks.
// Ownership: a link owns itself. The owner may use its pointer from `Opened` until `Closed`, or
// until its own `Close` or `Cancel`, whichever comes first.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/event_loop.h"

namespace assent {

class Link;

// Calls of an owner's methods are never nested: none is made from within a call that the owner
// makes on a link. All may call `MarkDirty`, `Close` and `Cancel` of any link, but `Take` only
// `MarkDirty`, and `Close` of its link when it then returns false.
class LinkOwner {
 public:
  // Frames may follow; at a client the server may not have seen the call yet.
  virtual void Opened(Link* link) = 0;

  // `frame` may be consumed. Anything but OK ends the link with that status; `Closed` follows.
  virtual grpc::Status Frame(Link* link, grpc::ByteBuffer* frame) = 0;

  // Fills `frame` (empty when called) with what waits and returns true, or returns false if nothing
  // waits. A frame must be below the peer's `max_frame_bytes`: what does not fit stays for the next
  // `Take`, which comes by itself.
  virtual bool Take(Link* link, grpc::ByteBuffer* frame) = 0;

  // The link is gone: the last call for it, made exactly once, and not at all if the owner itself
  // closed or cancelled the link. At a server OK means that the peer half-closed or vanished; at a
  // client `status` is the server's, or gRPC's (OK if the server ended the stream in order). What
  // was written last may or may not have arrived.
  virtual void Closed(Link* link, const grpc::Status& status) = 0;

 protected:
  ~LinkOwner() = default;
};

struct LinkLimits {
  // A longer frame ends the link: INVALID_ARGUMENT, reason FRAME_TOO_LARGE. Must lie below gRPC's
  // own limit (runtime/channel.h), or gRPC answers without a reason.
  std::size_t max_frame_bytes = std::size_t{1} << 20;

  // A peer that does not read while more than this waits for it is cut off: RESOURCE_EXHAUSTED,
  // PEER_DOES_NOT_READ.
  std::size_t max_pending_bytes = std::size_t{16} << 20;
};

class Link : private Flushable {
 public:
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // There is something to `Take`. `pending_bytes`: about how much waits in all, for
  // `max_pending_bytes`, which is checked only while a write is under way.
  void MarkDirty(std::size_t pending_bytes = 0);

  // Ends the link in order: at a server after the write under way, with `status` for the peer
  // (reason included); at a client at once (the server sees a cancellation). What was not taken is
  // dropped. The owner hears nothing more.
  void Close(const grpc::Status& status);

  // Ends the link at once, even if the peer does not read: for one that is fenced off. The owner
  // hears nothing more.
  void Cancel();

  // gRPC's text, e.g. "ipv4:127.0.0.1:40312".
  virtual std::string Peer() const = 0;

  // The first value of the metadata that the client sent, by lower-case key; empty if there is
  // none, and at a client.
  virtual std::string Metadata(std::string_view key) const = 0;

  // False from the moment its end is decided.
  bool open() const { return state_ == State::kOpen; }

  // A place for the owner's own data about this link; null at first.
  void set_user_data(void* data) { user_data_ = data; }
  void* user_data() const { return user_data_; }

 protected:
  enum class State {
    kOpening,    // Armed, or dialling.
    kOpen,       // The only state in which the owner is called (but for Closed).
    kEnding,     // The end is decided; operations under way must come back first.
    kFinishing,  // Finish is under way.
  };

  Link(EventLoop* loop, LinkOwner* owner, const LinkLimits& limits);
  virtual ~Link();

  virtual void StartRead(grpc::ByteBuffer* frame, Event* done) = 0;
  virtual void StartWrite(const grpc::ByteBuffer& frame, Event* done) = 0;
  virtual void StartFinish(Event* done) = 0;
  virtual void CancelStream() = 0;
  virtual bool MayFinish()
      const = 0;  // In kEnding: have the operations come back that Finish has to wait for?
  virtual void ReadEnded() = 0;  // A read failed in kOpen: the peer has ended.
  virtual void Refused(const grpc::Status& status) = 0;  // A frame was: End, and tell the owner.
  virtual void OwnerEnded() {}                           // Close or Cancel was called.
  virtual void Finished() {}                             // Finish has come back.

  void BecomeOpen();
  // Decides the end; from kEnding on it does nothing.
  void End(const grpc::Status& status);
  // Tells the owner, once.
  void TellClosed(const grpc::Status& status);
  // Goes on as far as operations allow; may destroy this. To be called last.
  void Advance();

  void Silence() { told_ = true; }
  State state() const { return state_; }
  bool reading() const { return reading_; }
  bool writing() const { return writing_; }
  bool cut_off() const { return cut_off_; }
  const grpc::Status& status() const { return status_; }
  EventLoop* loop() const { return loop_; }

 private:
  void Flush() final;
  void Read();
  void OnRead(bool ok);
  void OnWrote(bool ok);
  void OnFinished();
  void DeliverFrame();

  EventLoop* const loop_;
  LinkOwner* const owner_;
  const LinkLimits limits_;
  State state_ = State::kOpening;
  bool reading_ = false;
  bool writing_ = false;
  bool finish_under_way_ = false;
  bool dirty_ = false;    // In the loop's list: must not be destroyed.
  bool told_ = false;     // The owner knows of the end, or asked for it.
  bool cut_off_ = false;  // Cancelled, as the peer does not read.
  grpc::Status status_;
  void* user_data_ = nullptr;
  grpc::ByteBuffer in_;
  grpc::ByteBuffer out_;
  Operation read_{[this](bool ok) { OnRead(ok); }};
  Operation wrote_{[this](bool ok) { OnWrote(ok); }};
  Operation finished_{[this](bool) { OnFinished(); }};
};

// What ends a link whose peer does not read.
grpc::Status PeerDoesNotRead();

}  // namespace assent
