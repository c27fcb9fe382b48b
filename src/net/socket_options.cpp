#include "net/socket_options.hpp"

#include <boost/asio/ip/address.hpp>

namespace mp::net {

bool is_address(const std::string& text) {
  boost::system::error_code error;
  (void)boost::asio::ip::make_address(text, error);
  return !error;
}

}  // namespace mp::net
