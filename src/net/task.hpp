// L2 net. Task<T>: what an operation that waits returns; co_await it on the I/O thread.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace boost::asio {
class io_context;
}

namespace mp::net {

template <class T>
using Task = boost::asio::awaitable<T>;

using IoContext = boost::asio::io_context;

}  // namespace mp::net
