// Reading as much as a protocol says, and no more.
#pragma once

#include <webseed/network.hpp>

#include <boost/asio/awaitable.hpp>

namespace webseed::net {

/// Fills the buffer. It and the stream must outlive the operation. Errors: those of the stream.
boost::asio::awaitable<error_code> read_all(stream& from, boost::asio::mutable_buffer buffer, time_point deadline);

/// Waits for some bytes.
boost::asio::awaitable<boost::system::result<std::size_t>>
read_any(stream& from, boost::asio::mutable_buffer buffer, time_point deadline);

} // namespace webseed::net
