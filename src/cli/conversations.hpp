// L6. The sessions of a recording: each connection of it has a decoder and books of its own.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "codec/recording.hpp"
#include "pipeline/engine.hpp"

namespace mp::cli {

class Conversations {
 public:
  // Both outlive it.
  Conversations(const venue::Adapter& adapter, pipeline::Engine& engine)
      : adapter_(adapter), engine_(engine) {}

  // A connection begins. False: it is one of another market of the venue, whose frames are not to
  // be read here.
  bool connect(std::string_view conn, std::string_view url, Timestamp now);
  // A frame of a connection, which need not have been announced.
  void receive(const codec::RecordingLine& line, Timestamp now);
  // A REST answer. One that cannot be read is complained of.
  void answer(const codec::RecordingLine& line, Timestamp now);

  // Frames of other markets' connections.
  [[nodiscard]] std::uint64_t elsewhere() const { return elsewhere_; }

 private:
  struct Conversation {
    std::unique_ptr<pipeline::Engine::Session> session;  // null: of another market
  };

  const venue::Adapter& adapter_;
  pipeline::Engine& engine_;
  std::map<std::string, Conversation, std::less<>> conversations_;
  std::uint64_t elsewhere_ = 0;
};

}  // namespace mp::cli
