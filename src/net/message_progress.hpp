// L2 net. MessageProgress: how a connection stands with a message that is not complete.
#pragma once

#include <cstdint>

namespace mp::net {

// How far the bytes that came have brought a message that is not complete.
enum class MessageProgress : std::uint8_t {
  none,      // no message is incomplete
  begun,     // its first bytes are among them
  continued  // it had begun before
};

}  // namespace mp::net
