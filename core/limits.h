// Limits and times of a coordinator. Every one is configurable; the values here are the defaults.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/time.h"

namespace assent {

struct CoordinatorLimits {
  // Admission: refused with RESOURCE_EXHAUSTED or INVALID_ARGUMENT.
  std::size_t max_open_transactions = 1'000'000;
  // Per participant: branches whose vote is awaited, or the acknowledgement of a Commit that was
  // sent once. What is accepted under overload waits for about so many others. If they are nearly
  // all Commits, a quarter of it may have to vote beside: Commits come in bursts, when somebody
  // else has voted at last, and are no sign that this participant cannot keep up.
  std::size_t max_awaited_branches = 1024;
  std::size_t max_branches = 64;                           // per transaction; at most 64
  std::size_t max_payload_bytes = std::size_t{64} * 1024;  // per branch
  std::size_t max_transaction_payload_bytes = std::size_t{512} * 1024;
  std::uint32_t max_block_size = 100'000;  // ids given to one session at once

  // A transaction's timeout runs from its opening and is legal only before its decision.
  Duration default_transaction_timeout = Duration::Seconds(30);
  Duration max_transaction_timeout = Duration::Seconds(3600);
  Duration prepare_timeout = Duration::Seconds(30);  // PREPARING has one of its own
  Duration block_lifetime = Duration::Seconds(60);

  // Second phase: back-off of repeated Commits, doubled up to the cap, each with jitter of up to a
  // half.
  Duration first_retry = Duration::Millis(500);
  Duration max_retry = Duration::Seconds(30);

  // How long a finished transaction's outcome is kept after its closing, and at most how many of
  // them.
  Duration retention = Duration::Seconds(600);
  std::size_t max_remembered = 1'000'000;
};

struct ParticipantLimits {
  std::size_t max_active_branches = 100'000;
  // Inquiries for a branch in doubt, doubled up to the cap, each with jitter of up to a half.
  Duration first_inquiry = Duration::Seconds(2);
  Duration max_inquiry = Duration::Seconds(30);
  // A branch that has not voted is dropped when its coordinator is not attached for so long.
  Duration max_away = Duration::Seconds(60);
  // Repetition of a resource manager's commit or abort that failed, doubled up to the cap.
  Duration first_resource_retry = Duration::Millis(100);
  Duration max_resource_retry = Duration::Seconds(10);
  // Stamps left of this window count as used (R5).
  std::size_t stamp_window = 65'536;
};

}  // namespace assent
