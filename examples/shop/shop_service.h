// What the shop's services have in common: flags, a store, an agent, a server.
#pragma once

#include <assent/participant/agent.h>
#include <assent/participant/key_value_store.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <map>
#include <string>

namespace shop {

// Flags of the form "--name value", or "--name" alone for a switch.
class Flags {
 public:
  // Ends the process with what is wrong if a flag is not among the keys of `defaults`.
  Flags(int argc, char** argv, std::map<std::string, std::string> defaults);

  const std::string& operator[](const std::string& name) const { return values_.at(name); }

 private:
  std::map<std::string, std::string> values_;
};

// A participant with a key-value store. Make it before any thread: it takes over the signals that
// end the process.
class ShopService {
 public:
  // `flags` has all of ServiceFlags. Makes the store first if they say so.
  ShopService(const std::string& name, const Flags& flags);

  assent::KeyValueStore& store() { return store_; }
  assent::Agent& agent() { return agent_; }

  // Starts the agent and serves until SIGTERM. Returns the exit code.
  int Serve(grpc::Service* service);

 private:
  std::string name_;
  Flags flags_;
  assent::KeyValueStore store_;
  assent::Agent agent_;
};

// The flags of every service with their defaults, and `more`.
std::map<std::string, std::string> ServiceFlags(const std::map<std::string, std::string>& more);

// The answer to a call whose operation has failed; `below_floor` is what that means here.
grpc::Status ToStatus(const assent::StoreResult& result, const std::string& below_floor);

// A channel that finds a restarted service again within half a second.
std::shared_ptr<grpc::Channel> Dial(const std::string& address);

std::chrono::system_clock::time_point DeadlineIn(std::chrono::milliseconds time);

}  // namespace shop
