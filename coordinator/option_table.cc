#include "coordinator/option_table.h"

#include <algorithm>
#include <cctype>
#include <type_traits>

#include "coordinator/configuration_values.h"
#include "core/check.h"
#include "core/ids.h"

namespace assent {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kGiB = 1024 * kMiB;
constexpr std::uint64_t kMillisecond = 1000;
constexpr std::uint64_t kSecond = 1000 * kMillisecond;
constexpr std::uint64_t kDay = 86'400 * kSecond;
constexpr std::uint64_t kBillion = 1'000'000'000;
// What the parser takes (kMaxFrameBytes of proto/wire_convert.h, which a test compares): a limit
// above it would promise what is refused all the same.
constexpr std::uint64_t kMaxWireBytes = kMiB;
// Our libraries end a frame once it has 256 KiB, and one message, at most half of a frame, may come
// on top: a lower limit would refuse what they send in order.
constexpr std::uint64_t kMinFrameBytes = 640 * kKiB;

// A row's field: the member named.
#define ASSENT_FIELD(member) [](DaemonOptions* options) -> OptionField { return &options->member; }

const std::vector<OptionRow>& ServingRows() {
  using K = OptionKind;
  static const std::vector<OptionRow> rows = {
      {"listen", K::kAddress, 0, 0, ASSENT_FIELD(listen),
       "Where to serve: `HOST:PORT`, `[IPV6]:PORT` or `unix:PATH`. Port 0 takes a free one."},
      {"allow_insecure", K::kSwitch, 0, 0, ASSENT_FIELD(allow_insecure),
       "Serve without TLS on an address that other machines reach. Also `--insecure`."},
      {"data_directory", K::kText, 0, 0, ASSENT_FIELD(data_directory),
       "The directory of the decision log; its parent must exist. Not on a network file system."},
      {"coordinator_id", K::kName, 0, 0, ASSENT_FIELD(coordinator_id),
       "1 to 22 of a-z and 0-9. With `--create-log`: the new log's (drawn if empty). Later: the "
       "log "
       "must be this coordinator's."},
      {"health", K::kSwitch, 0, 0, ASSENT_FIELD(health), "Serve `grpc.health.v1`."},
      {"reflection", K::kSwitch, 0, 0, ASSENT_FIELD(reflection), "Serve gRPC server reflection."},
      {"drain_timeout", K::kDuration, 0, kDay, ASSENT_FIELD(drain_timeout),
       "How long an orderly stop waits for transactions that are being prepared."},
      {"ready_file", K::kText, 0, 0, ASSENT_FIELD(ready_file),
       "Written once the daemon serves: one line, the address. Empty: none."},
      {"frames.max_bytes", K::kSize, kMinFrameBytes, kMaxWireBytes, ASSENT_FIELD(max_frame_bytes),
       "One frame of a stream, or one request."},
      {"frames.max_pending_bytes", K::kSize, kMiB, 4 * kGiB, ASSENT_FIELD(max_pending_bytes),
       "A peer that does not read while more than this waits for it is cut off."},
      {"logging.directory", K::kText, 0, 0, ASSENT_FIELD(log_directory),
       "Where glog writes its files. Empty: standard error."},
      {"logging.verbosity", K::kCount, 0, 9, ASSENT_FIELD(verbosity), "glog's VLOG level."},
  };
  return rows;
}

const std::vector<OptionRow>& LimitRows() {
  using K = OptionKind;
  static const std::vector<OptionRow> rows = {
      {"limits.max_open_transactions", K::kCount, 1, kBillion,
       ASSENT_FIELD(limits.max_open_transactions), "Transactions that are not finished."},
      {"limits.max_awaited_branches", K::kCount, 1, kBillion,
       ASSENT_FIELD(limits.max_awaited_branches),
       "Branches of one participant whose vote is awaited, or the acknowledgement of a Commit that "
       "was sent once; a Commit that lists it is refused then, if at least a quarter of that are "
       "votes."},
      {"limits.max_requests_in_flight", K::kCount, 1, kBillion,
       ASSENT_FIELD(max_requests_in_flight), "Requests of all initiators that wait for an answer."},
      {"limits.max_branches", K::kCount, 1, 64, ASSENT_FIELD(limits.max_branches),
       "Branches of one transaction."},
      {"limits.max_payload_bytes", K::kSize, 0, kMaxWireBytes / 2,
       ASSENT_FIELD(limits.max_payload_bytes), "Payload of one branch."},
      {"limits.max_transaction_payload_bytes", K::kSize, 0, kMaxWireBytes / 2,
       ASSENT_FIELD(limits.max_transaction_payload_bytes),
       "Payload of one transaction; at most half of `frames.max_bytes`."},
      {"limits.max_block_size", K::kCount, 1, 100'000'000, ASSENT_FIELD(limits.max_block_size),
       "Ids given to one session at once."},
      {"limits.default_transaction_timeout", K::kDuration, kMillisecond, 30 * kDay,
       ASSENT_FIELD(limits.default_transaction_timeout),
       "From a transaction's opening to its Commit, unless its initiator says otherwise."},
      {"limits.max_transaction_timeout", K::kDuration, kMillisecond, 30 * kDay,
       ASSENT_FIELD(limits.max_transaction_timeout), "The longest that an initiator gets."},
      {"limits.prepare_timeout", K::kDuration, kMillisecond, kDay,
       ASSENT_FIELD(limits.prepare_timeout), "For all votes to come; then it aborts."},
      {"limits.block_lifetime", K::kDuration, kSecond, kDay, ASSENT_FIELD(limits.block_lifetime),
       "How long a session's unopened ids stay valid."},
      {"limits.first_retry", K::kDuration, kMillisecond, kDay, ASSENT_FIELD(limits.first_retry),
       "Before a Commit that was not acknowledged is repeated; doubled each time."},
      {"limits.max_retry", K::kDuration, kMillisecond, kDay, ASSENT_FIELD(limits.max_retry),
       "The longest pause between two repetitions."},
      {"limits.poll_interval", K::kDuration, kMillisecond, kDay, ASSENT_FIELD(poll_interval),
       "Between two ListPrepared to a participant without the library; without contact the longest "
       "pause between two attempts."},
      {"limits.retention", K::kDuration, 0, 30 * kDay, ASSENT_FIELD(limits.retention),
       "How long the outcome of a finished transaction can be asked for."},
      {"limits.max_remembered", K::kCount, 0, kBillion, ASSENT_FIELD(limits.max_remembered),
       "Finished transactions that are remembered at most."},
  };
  return rows;
}

const std::vector<OptionRow>& LogRows() {
  using K = OptionKind;
  static const std::vector<OptionRow> rows = {
      {"log.write_buffer_bytes", K::kSize, 64 * kKiB, 256 * kMiB,
       ASSENT_FIELD(log_write_buffer_bytes),
       "LevelDB's write buffer: a start replays it, and needs that much free space."},
      {"log.reserve_bytes", K::kSize, 0, 64 * kGiB, ASSENT_FIELD(log_reserve_bytes),
       "Disk space held back, for a start on a full disk with `--use-reserve`."},
      {"log.min_free_bytes", K::kSize, 0, 1024 * kGiB, ASSENT_FIELD(log_min_free_bytes),
       "With less free disk space than this no new transaction is admitted."},
      {"log.max_riding", K::kCount, 0, 1'000'000, ASSENT_FIELD(log_max_riding),
       "Acknowledgements and removals that wait for a decision's sync at most."},
      {"create_log", K::kSwitch, 0, 0, ASSENT_FIELD(create_log),
       "Make an empty decision log first. For the first start.", true},
      {"accept_missing_witness", K::kSwitch, 0, 0, ASSENT_FIELD(accept_missing_witness),
       "Start a log whose witness file is gone; what it would have shown is not noticed.", true},
      {"clear_superseded", K::kSwitch, 0, 0, ASSENT_FIELD(clear_superseded),
       "Start a log that is marked as an older copy; decisions may be missing from it.", true},
      {"use_reserve", K::kSwitch, 0, 0, ASSENT_FIELD(use_reserve),
       "Give the reserve's disk space back before opening the log.", true},
  };
  return rows;
}

#undef ASSENT_FIELD

std::string FormatBound(OptionKind kind, std::uint64_t bound) {
  if (kind == OptionKind::kSize) return FormatSize(bound);
  return kind == OptionKind::kDuration ? FormatDuration(bound) : std::to_string(bound);
}

std::optional<std::uint64_t> ParseNumber(OptionKind kind, const std::string& text) {
  if (kind == OptionKind::kSize) return ParseSize(text);
  return kind == OptionKind::kDuration ? ParseDuration(text) : ParseCount(text);
}

// A switch is 0 or 1.
std::uint64_t NumberIn(const OptionField& field) {
  return std::visit(
      [](auto* target) -> std::uint64_t {
        using T = std::remove_pointer_t<decltype(target)>;
        if constexpr (std::is_same_v<T, Duration>) {
          return static_cast<std::uint64_t>(target->micros);
        } else if constexpr (std::is_same_v<T, std::string>) {
          CheckFailed(__FILE__, __LINE__, "a number", "the row's kind fits its field");
        } else {
          return *target;
        }
      },
      field);
}

void PutNumber(std::uint64_t number, const OptionField& field) {
  std::visit(
      [number](auto* target) {
        using T = std::remove_pointer_t<decltype(target)>;
        if constexpr (std::is_same_v<T, Duration>) {
          target->micros = static_cast<std::int64_t>(number);
        } else if constexpr (std::is_same_v<T, std::string>) {
          CheckFailed(__FILE__, __LINE__, "a number", "the row's kind fits its field");
        } else {
          *target = static_cast<T>(number);
        }
      },
      field);
}

bool IsNumber(OptionKind kind) {
  return kind == OptionKind::kCount || kind == OptionKind::kSize || kind == OptionKind::kDuration;
}

bool IsValidText(OptionKind kind, const std::string& text) {
  if (kind == OptionKind::kAddress) return ParseAddress(text).has_value();
  return kind != OptionKind::kName || text.empty() || CoordinatorId::Parse(text).has_value();
}

// `key` with `separator` for '.' and '_'.
std::string Spelled(std::string_view key, char separator) {
  std::string text(key);
  for (char& c : text) c = c == '.' || c == '_' ? separator : c;
  return text;
}

}  // namespace

const std::vector<OptionRow>& OptionTable() {
  static const std::vector<OptionRow> table = [] {
    std::vector<OptionRow> all = ServingRows();
    all.insert(all.end(), LimitRows().begin(), LimitRows().end());
    all.insert(all.end(), LogRows().begin(), LogRows().end());
    return all;
  }();
  return table;
}

const OptionRow* FindOption(std::string_view key) {
  for (const OptionRow& row : OptionTable()) {
    if (row.key == key) return &row;
  }
  return nullptr;
}

std::string FlagOf(const OptionRow& row) { return "--" + Spelled(row.key, '-'); }

std::string VariableOf(const OptionRow& row) {
  std::string name = "ASSENT_" + Spelled(row.key, '_');
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

std::string Expectation(const OptionRow& row) {
  const auto bounds = [&row] {
    return " from " + FormatBound(row.kind, row.min) + " to " + FormatBound(row.kind, row.max);
  };
  switch (row.kind) {
    case OptionKind::kSwitch:
      return "true or false";
    case OptionKind::kCount:
      return "a whole number" + bounds();
    case OptionKind::kSize:
      return "a size" + bounds() + ", with a unit (B, KiB, MiB, GiB)";
    case OptionKind::kDuration:
      return "a duration" + bounds() + ", with a unit (us, ms, s, m, h)";
    case OptionKind::kText:
      return "a text";
    case OptionKind::kAddress:
      return "an address: HOST:PORT, [IPV6]:PORT or unix:PATH";
    case OptionKind::kName:
      return "1 to 22 of a-z and 0-9, or empty";
  }
  CheckFailed(__FILE__, __LINE__, "kind");
}

std::optional<std::string> SetOption(const OptionRow& row, const std::string& text,
                                     DaemonOptions* options) {
  const OptionField field = row.field(options);
  const std::string wrong = "\"" + text + "\" will not do; it must be " + Expectation(row);
  if (IsNumber(row.kind)) {
    const auto number = ParseNumber(row.kind, text);
    if (!number || *number < row.min || *number > row.max) return wrong;
    PutNumber(*number, field);
  } else if (row.kind == OptionKind::kSwitch) {
    if (text != "true" && text != "false") return wrong;
    PutNumber(text == "true" ? 1 : 0, field);
  } else {
    if (!IsValidText(row.kind, text)) return wrong;
    *std::get<std::string*>(field) = text;
  }
  return std::nullopt;
}

std::string ValueOf(const OptionRow& row, const DaemonOptions& options) {
  DaemonOptions copy = options;
  const OptionField field = row.field(&copy);
  if (IsNumber(row.kind)) return FormatBound(row.kind, NumberIn(field));
  if (row.kind == OptionKind::kSwitch) return NumberIn(field) == 1 ? "true" : "false";
  return *std::get<std::string*>(field);
}

std::string TomlValueOf(const OptionRow& row, const DaemonOptions& options) {
  std::string value = ValueOf(row, options);
  if (row.kind == OptionKind::kSwitch || row.kind == OptionKind::kCount) return value;
  return QuoteToml(value);
}

}  // namespace assent
