#include "engine/read_request.hpp"

#include <utility>

namespace webseed::core {

namespace asio = boost::asio;

void read_request::cancel()
{
    is_cancelled_ = true;
    wake();
}

void read_request::wake()
{
    if (!is_finished_)
        asio::post(worker_, [self = shared_from_this()] { self->wakeup_.ring(); });
}

asio::awaitable<void> read_request::wait()
{
    co_await done_.wait();
}

void read_request::finish(error_code error, std::vector<std::byte> bytes)
{
    error_ = error;
    bytes_ = std::move(bytes);
    is_finished_ = true;
    done_.close();
}

} // namespace webseed::core
