#include "cli/command_line.hpp"

int main(int argc, char** argv) { return mp::cli::run_command_line(argc, argv); }
