// The other side of the sink zeromq, for tests/e2e/sinks: zeromq_peer ENDPOINT FILE
// binds a SUB socket, and writes what comes to FILE, an event a line.
#include <zmq.h>

#include <array>
#include <cstdio>
#include <vector>

int main(int count, char** words) {
  if (count != 3) return 2;
  void* const context = zmq_ctx_new();
  void* const socket = zmq_socket(context, ZMQ_SUB);
  const int no_limit = 0;
  zmq_setsockopt(socket, ZMQ_RCVHWM, &no_limit, sizeof no_limit);
  zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
  if (zmq_bind(socket, words[1]) != 0) return 1;
  std::FILE* const file = std::fopen(words[2], "a");
  if (file == nullptr) return 1;
  std::array<char, 1024> subject{};
  std::vector<char> event(std::size_t{1} << 24U);
  while (zmq_recv(socket, subject.data(), subject.size(), 0) >= 0) {
    const int bytes = zmq_recv(socket, event.data(), event.size(), 0);
    if (bytes < 0) break;
    std::fwrite(event.data(), 1, static_cast<std::size_t>(bytes), file);
    std::fputc('\n', file);
    std::fflush(file);
  }
  return 0;
}
