// Processes that the benchmark starts from its own program: `assent-bench role NAME ARGUMENT…`.
//
// A role prints one line when it is ready (what it is, depends on the role), answers each line on
// its standard input with one line, and ends when its input does.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace assent::bench {

using Arguments = std::vector<std::string>;

struct Role {
  const char* name;
  std::size_t arguments;
  std::function<int(const Arguments&)> run;  // its exit code
};

const std::vector<Role>& Roles();

// The command that starts a role.
std::vector<std::string> RoleCommand(const std::string& role, const Arguments& arguments);

// What a role's main thread does: prints `ready`, then answers until its input ends.
void ServeQuestions(const std::string& ready,
                    const std::function<std::string(const std::string& question)>& answer);

}  // namespace assent::bench
