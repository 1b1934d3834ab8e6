// A small web server on a free loopback port, on the io_context of the test.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <string>

namespace webseed::test {

struct request;

/// What a server says to a request.
struct reply
{
    std::string bytes;
    bool then_end = false; // of the connection
};
using answerer = std::function<reply(request const&)>;

/// Serves one content at every path, with ranges and keep-alive; or what somebody else answers. Everything ends when it
/// is destroyed, or closed.
class origin
{
public:
    origin(boost::asio::io_context& context, std::string content);
    /// @param answers  called on the context.
    origin(boost::asio::io_context& context, answerer answers);

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/f"; }
    int requests() const noexcept { return requests_; }
    /// While set, it takes requests and doesn't answer.
    void set_silent(bool silent) noexcept { is_silent_ = silent; }
    void close();

private:
    boost::asio::awaitable<void> accept();
    boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket client);

    answerer answers_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::uint16_t port_;
    int requests_ = 0;
    bool is_silent_ = false;
};

} // namespace webseed::test
