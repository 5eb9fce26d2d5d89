// What the command line says of a run.
#pragma once

#include <vector>

namespace assent::bench {

struct Settings {
  std::vector<int> concurrencies = {1, 16, 128, 1024};
  double rate = 0;  // open loop, transactions per second; 0: closed loop
  std::vector<int> participants = {1, 2, 4, 8, 16, 32};  // of fan
  double seconds = 5;
  double warm_up = 1;  // seconds
  int runs = 5;
  int repeats = 3;          // disturbed runs that are measured again, for each line
  bool floor = true;        // measure the floor beside it
  bool in_turn = false;     // all loads of the command run by run, the open loop among them
  int decisions = 100'000;  // of recover and open
  int agents = 100;         // of idle
  bool json = false;
};

}  // namespace assent::bench
