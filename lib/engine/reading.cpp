#include "engine/reading.hpp"

#include <exception>
#include <span>
#include <utility>
#include <vector>

namespace webseed::core {

namespace asio = boost::asio;

namespace {

// Completes with no error when all of it is verified.
asio::awaitable<error_code> wait_until_verified(download_parts const& parts, std::shared_ptr<read_request> read)
{
    for (;;)
    {
        auto look = [&read](download_state& state) { return state.look_at(read); };
        auto const verdict = co_await parts.state.with(look);
        if (verdict)
            co_return *verdict;
        co_await read->waker().wait(parts.time, time_point::max());
    }
}

} // namespace

asio::awaitable<void> serve_read(download_parts const& parts, std::shared_ptr<read_request> read)
{
    auto error = error_code(errc::internal);
    std::vector<std::byte> bytes;
    try
    {
        error = co_await wait_until_verified(parts, read);
        if (!error)
        {
            bytes.resize(read->range.size);
            std::span<std::byte> const into(bytes);
            error = co_await parts.store.read(read->range.offset, into);
        }
    }
    catch (...)
    {
        error = errc::internal;
    }
    auto forget = [&read](download_state& state) {
        state.end_read(*read);
        return true;
    };
    co_await parts.state.with(forget);
    read->finish(error, std::move(bytes));
}

} // namespace webseed::core
