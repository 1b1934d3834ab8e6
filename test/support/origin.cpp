#include "support/origin.hpp"

#include "support/world.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace webseed::test {

using asio::ip::tcp;

namespace {

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

answerer right_answers(std::string content)
{
    return [content = std::move(content)](request const& asked) {
        reply made;
        made.bytes = range_response(asked, content);
        return made;
    };
}

} // namespace

origin::origin(asio::io_context& context, std::string content)
    : origin(context, right_answers(std::move(content)))
{}

origin::origin(asio::io_context& context, answerer answers)
    : answers_(std::move(answers))
    , acceptor_(context, {asio::ip::address_v4::loopback(), 0})
    , port_(acceptor_.local_endpoint().port())
{
    asio::co_spawn(context, accept(), [](std::exception_ptr) {});
}

void origin::close()
{
    boost::system::error_code ignored;
    acceptor_.close(ignored);
}

asio::awaitable<void> origin::accept()
{
    for (;;)
    {
        auto [error, client] = co_await acceptor_.async_accept(use_tuple);
        if (error)
            co_return;
        asio::co_spawn(acceptor_.get_executor(), serve(std::move(client)), [](std::exception_ptr) {});
    }
}

asio::awaitable<void> origin::serve(tcp::socket client)
{
    std::string unread;
    for (;;)
    {
        auto const [error, size] =
            co_await asio::async_read_until(client, asio::dynamic_buffer(unread), "\r\n\r\n", use_tuple);
        if (error)
            co_return;
        ++requests_;
        request asked;
        asked.text = unread.substr(0, size - 2);
        unread.erase(0, size);
        if (is_silent_)
            continue;
        auto const answer = answers_(asked);
        auto const [write_error, written] = co_await asio::async_write(client, asio::buffer(answer.bytes), use_tuple);
        if (write_error || answer.then_end)
            co_return;
    }
}

} // namespace webseed::test
