// What an operator can set on `assentd`, with defaults. docs/configuration.md lists every one with
// its key, flag and environment variable; configuration.h reads them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "core/limits.h"

namespace assent {

// Exit codes of `assentd`; part of its interface.
enum class ExitCode : int {
  kDone = 0,           // stopped in order
  kInternal = 1,       // an error that has no code of its own
  kConfiguration = 2,  // a wrong flag, file or environment variable; nothing was started
  kLogRefused = 3,     // the decision log is missing, damaged, newer or another coordinator's
  kLogLocked = 4,      // another process has the decision log open
  kListenFailed = 5,   // the address cannot be listened on
  kLogFailed = 6,      // the log's disk failed while serving; a restart reads what is there
  kSuperseded = 7,     // this runs on an older copy of the log; an operator has to decide
};

struct DaemonOptions {
  // Where to serve: "HOST:PORT", "[IPV6]:PORT" or "unix:PATH". Port 0: any free one (ready_file
  // names it).
  std::string listen = "127.0.0.1:7420";
  bool allow_insecure = false;  // serve without TLS on an address that is not loopback

  std::string data_directory = "assent-data";
  std::string coordinator_id;  // empty: drawn at create_log, any at later starts

  // Each for one start, by a person: command line only.
  bool create_log = false;              // make an empty log first
  bool accept_missing_witness = false;  // the rest: see storage::DatabaseOptions
  bool clear_superseded = false;
  bool use_reserve = false;

  CoordinatorLimits limits;

  std::size_t max_frame_bytes = std::size_t{1} << 20;     // one frame, either direction
  std::size_t max_pending_bytes = std::size_t{16} << 20;  // waiting for a peer that does not read
  std::size_t max_requests_in_flight = 100'000;           // of all initiators together

  std::size_t log_write_buffer_bytes = std::size_t{4} << 20;
  std::uint64_t log_reserve_bytes = std::uint64_t{16} << 20;
  std::uint64_t log_min_free_bytes = std::uint64_t{64} << 20;  // below it no new transactions
  std::size_t log_max_riding = 1024;  // updates that wait for a decision's sync at most

  bool health = true;      // grpc.health.v1
  bool reflection = true;  // gRPC server reflection

  Duration poll_interval = Duration::Seconds(5);  // of ListPrepared, of library-less participants

  Duration drain_timeout = Duration::Seconds(30);  // of an orderly stop

  std::string ready_file;     // written once serving: one line, the address; empty: none
  std::string log_directory;  // of glog's files; empty: standard error
  std::size_t verbosity = 0;  // glog's VLOG level

  // Library-less participants: address by name. File only.
  std::map<std::string, std::string> participants;
};

}  // namespace assent
