// The subcommand `explore` as a program of its own: what explorer_mutants_test starts.
#include <iostream>
#include <string>
#include <vector>

#include "simulations/explorer/explorer.h"

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  return assent::explorer::RunExplore(args, &std::cout);
}
