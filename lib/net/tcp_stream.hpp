// A TCP connection as a stream.
#pragma once

#include <webseed/network.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>

namespace webseed::net {

class tcp_stream final : public stream
{
public:
    /// @param socket  connected and non-blocking; its executor, which must be serial, is the stream's.
    /// @param facts   what facts() says.
    explicit tcp_stream(boost::asio::ip::tcp::socket socket, stream_facts facts = {});
    ~tcp_stream() override;

    boost::system::result<std::size_t> read_some(boost::asio::mutable_buffer buffer) override;
    boost::asio::awaitable<error_code> wait_readable(time_point deadline) override;
    boost::asio::awaitable<error_code> write(boost::asio::const_buffer bytes, time_point deadline) override;
    void close() noexcept override;
    stream_facts facts() const override { return facts_; }

private:
    struct connected;

    static void watch(std::shared_ptr<connected> const& state);
    static boost::asio::awaitable<error_code>
    wait(std::shared_ptr<connected> state, boost::asio::ip::tcp::socket::wait_type what, time_point deadline);

    std::shared_ptr<connected> state_;
    stream_facts facts_;
};

} // namespace webseed::net
