// A TCP connection as a stream.
#pragma once

#include <webseed/network.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>

namespace webseed::net {

class tcp_stream final : public stream
{
public:
    /// @param executor  serial; the stream's own from then on.
    explicit tcp_stream(boost::asio::any_io_executor executor);
    ~tcp_stream() override;

    /// Once, before all others. Errors: errc::connect_timed_out, any code of the network, operation_aborted.
    boost::asio::awaitable<error_code> connect(boost::asio::ip::tcp::endpoint to, time_point deadline);

    boost::system::result<std::size_t> read_some(boost::asio::mutable_buffer buffer) override;
    boost::asio::awaitable<error_code> wait_readable(time_point deadline) override;
    boost::asio::awaitable<error_code> write(boost::asio::const_buffer bytes, time_point deadline) override;
    void close() noexcept override;

private:
    struct connected;

    static void watch(std::shared_ptr<connected> const& state);
    static boost::asio::awaitable<error_code>
    wait(std::shared_ptr<connected> state, boost::asio::ip::tcp::socket::wait_type what, time_point deadline);

    std::shared_ptr<connected> state_;
};

} // namespace webseed::net
