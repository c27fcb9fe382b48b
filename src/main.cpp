#include <csignal>

#include "cli/command_line.hpp"

int main(int argc, char** argv) {
  // A reader of our output that goes away is an error to handle, not a signal to die of.
  std::signal(SIGPIPE, SIG_IGN);
  return mp::cli::run_command_line(argc, argv);
}
