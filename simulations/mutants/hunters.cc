#include "simulations/mutants/hunters.h"

#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <map>
#include <string>

#include "core/check.h"

namespace assent::mutants {
namespace {

// Between what a hunting process tells; in no text of ours.
constexpr char kSeparator = '\x1f';

std::string Encode(const Hunt& hunt) {
  std::string bytes;
  for (const std::string& part :
       {std::string(hunt.caught ? "1" : "0"), hunt.hunter, hunt.checker, hunt.text,
        std::to_string(hunt.worlds), hunt.scenario, std::to_string(hunt.seed), hunt.set,
        std::to_string(hunt.states), std::to_string(hunt.actions)}) {
    bytes += part + kSeparator;
  }
  return bytes;
}

std::string TakePart(std::string_view* bytes) {
  const std::size_t end = bytes->find(kSeparator);
  ASSENT_CHECK(end != std::string_view::npos, "a hunt ended before it told what it found");
  std::string part(bytes->substr(0, end));
  bytes->remove_prefix(end + 1);
  return part;
}

std::uint64_t TakeNumber(std::string_view* bytes) {
  const std::string part = TakePart(bytes);
  std::uint64_t number = 0;
  std::from_chars(part.data(), part.data() + part.size(), number);
  return number;
}

Hunt Decode(std::string_view bytes) {
  Hunt hunt;
  hunt.caught = TakeNumber(&bytes) == 1;
  hunt.hunter = TakePart(&bytes);
  hunt.checker = TakePart(&bytes);
  hunt.text = TakePart(&bytes);
  hunt.worlds = TakeNumber(&bytes);
  hunt.scenario = TakePart(&bytes);
  hunt.seed = TakeNumber(&bytes);
  hunt.set = TakePart(&bytes);
  hunt.states = TakeNumber(&bytes);
  hunt.actions = TakeNumber(&bytes);
  return hunt;
}

void WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written <= 0) _exit(1);  // the parent has gone
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string ReadAll(int fd) {
  std::string text;
  char bytes[4096];
  for (ssize_t count = 0; (count = read(fd, bytes, sizeof bytes)) > 0;) {
    text.append(bytes, static_cast<std::size_t>(count));
  }
  return text;
}

class Pool {
 public:
  Pool(const std::vector<const Mutant*>& wanted, const HuntOptions& options, const Done& done)
      : wanted_(wanted), options_(options), done_(done) {}

  void Run() {
    while (next_ < wanted_.size() || !running_.empty()) {
      if (next_ < wanted_.size() && running_.size() < options_.jobs) {
        Begin(next_++);
      } else {
        End();
      }
    }
  }

 private:
  struct Running {
    std::size_t number = 0;
    int fd = -1;
  };

  // What a hunt tells fits the pipe, so that it ends without being read.
  void Begin(std::size_t number) {
    int ends[2];
    ASSENT_CHECK(pipe(ends) == 0, "no pipe to a hunt");
    const pid_t child = fork();
    ASSENT_CHECK(child >= 0, "no process for a hunt");
    if (child == 0) {
      close(ends[0]);
      WriteAll(ends[1], Encode(HuntFor(*wanted_[number], options_)));
      _exit(0);
    }
    close(ends[1]);
    running_[child] = Running{number, ends[0]};
  }

  void End() {
    const pid_t child = waitpid(-1, nullptr, 0);
    const auto found = running_.find(child);
    ASSENT_CHECK(found != running_.end(), "only hunts are children");
    results_[found->second.number] = Decode(ReadAll(found->second.fd));
    close(found->second.fd);
    running_.erase(found);
    for (auto at = results_.find(told_); at != results_.end(); at = results_.find(++told_)) {
      done_(*wanted_[told_], at->second);
    }
  }

  const std::vector<const Mutant*>& wanted_;
  const HuntOptions options_;
  const Done& done_;
  std::size_t next_ = 0;  // to begin
  std::size_t told_ = 0;  // to tell
  std::map<pid_t, Running> running_;
  std::map<std::size_t, Hunt> results_;
};

}  // namespace

Hunt HuntFor(const Mutant& mutant, const HuntOptions& options) {
  Hunt hunt;
  const bool worlds = options.hunters != Hunters::kExplorer;
  const bool explorer = options.hunters != Hunters::kWorlds && !mutant.set.empty();
  if (worlds) hunt = HuntInWorlds(mutant, options.worlds, options.world);
  if (hunt.caught || !explorer) return hunt;
  return HuntWithExplorer(mutant);
}

void HuntAll(const std::vector<const Mutant*>& wanted, const HuntOptions& options,
             const Done& done) {
  Pool(wanted, options, done).Run();
}

}  // namespace assent::mutants
