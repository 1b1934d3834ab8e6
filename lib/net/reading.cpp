#include "net/reading.hpp"

#include <boost/asio/error.hpp>

namespace webseed::net {

namespace asio = boost::asio;

asio::awaitable<boost::system::result<std::size_t>>
read_any(stream& from, asio::mutable_buffer buffer, time_point deadline)
{
    while (true)
    {
        auto const got = from.read_some(buffer);
        if (got || got.error() != asio::error::would_block)
            co_return got;
        auto const error = co_await from.wait_readable(deadline);
        if (error)
            co_return error;
    }
}

asio::awaitable<error_code> read_all(stream& from, asio::mutable_buffer buffer, time_point deadline)
{
    while (buffer.size() != 0)
    {
        auto const got = co_await read_any(from, buffer, deadline);
        if (!got)
            co_return got.error();
        buffer += *got;
    }
    co_return error_code();
}

} // namespace webseed::net
