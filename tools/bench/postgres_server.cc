#include "tools/bench/postgres_server.h"

#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "tools/bench/waiting.h"

namespace assent::bench {
namespace {

constexpr char kVersions[] = "/usr/lib/postgresql";
constexpr Duration kPatience = Duration::Seconds(60);
constexpr Duration kLook = Duration::Millis(20);

}  // namespace

PostgresServer::PostgresServer() {
  if (geteuid() == 0) user_ = getpwnam("postgres") != nullptr ? "postgres" : "nobody";
}

std::string PostgresServer::Programs() {
  std::vector<std::pair<int, std::string>> found;
  std::error_code absent;
  for (std::filesystem::directory_iterator version(kVersions, absent), end;
       !absent && version != end; version.increment(absent)) {
    const std::string programs = version->path().string() + "/bin";
    if (access((programs + "/postgres").c_str(), X_OK) != 0) continue;
    found.emplace_back(std::atoi(version->path().filename().c_str()), programs);
  }
  return found.empty() ? "" : std::max_element(found.begin(), found.end())->second;
}

std::string PostgresServer::Start() {
  const std::string error = Own();
  if (!error.empty()) return error;
  const std::string data = directory_ / "data";
  Child initdb({"initdb", "", SIGKILL, false},
               AsUser({Programs() + "/initdb", "--pgdata", data, "--auth=trust", "--username=bench",
                       "--no-instructions", "--no-locale", "--encoding=UTF8"}));
  initdb.SkipOutput();
  if (initdb.Wait() != 0) return "initdb has failed";
  // SIGQUIT ends it at once, and its children with it.
  server_ =
      std::make_unique<Child>(Started{"PostgreSQL", "", SIGQUIT},
                              AsUser({Programs() + "/postgres", "-D", data, "-k", directory_.path(),
                                      "-h", "", "-c", "max_prepared_transactions=600", "-c",
                                      "max_connections=600", "-c", "log_min_messages=panic"}));
  const auto answers = [this] { return PQping(ConnectTo("postgres").c_str()) == PQPING_OK; };
  return PollUntil(answers, kLook, kPatience) ? "" : "PostgreSQL does not answer";
}

// The directory becomes the server's user's.
std::string PostgresServer::Own() const {
  if (user_.empty()) return "";
  const passwd* const entry = getpwnam(user_.c_str());
  const bool owned =
      entry != nullptr && chown(directory_.path().c_str(), entry->pw_uid, entry->pw_gid) == 0;
  return owned ? "" : "cannot give the directory to " + user_;
}

std::vector<std::string> PostgresServer::AsUser(const std::vector<std::string>& command) const {
  if (user_.empty()) return command;
  const passwd* const entry = getpwnam(user_.c_str());
  std::vector<std::string> all = {"/usr/bin/setpriv", "--reuid=" + std::to_string(entry->pw_uid),
                                  "--regid=" + std::to_string(entry->pw_gid), "--clear-groups"};
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

std::string PostgresServer::ConnectTo(const std::string& database) const {
  // Nothing waits for a lock longer: a deadlock over two databases is seen by neither.
  return "host=" + directory_.path() + " user=bench dbname=" + database +
         " options='-c lock_timeout=20 -c client_min_messages=error'";
}

std::vector<Part> PostgresServer::Parts() const {
  std::vector<Part> parts = {{"database", server_->pid(), ""}};
  for (const pid_t pid : ChildrenOf(server_->pid())) parts.push_back({"database", pid, ""});
  return parts;
}

}  // namespace assent::bench
