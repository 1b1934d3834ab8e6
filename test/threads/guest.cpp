#include "threads/guest.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <future>
#include <utility>

namespace webseed::test {

namespace asio = boost::asio;

asio::awaitable<boost::system::result<std::vector<byte_range>>> ledger_storage::open(diagnostics&)
{
    book_->is_open = true;
    std::vector<byte_range> held;
    if (holds_something_)
        held.push_back({0, book_->stored.size()});
    co_return held;
}

asio::awaitable<error_code> ledger_storage::read(std::uint64_t offset, std::span<std::byte> buffer)
{
    auto const from = book_->stored.begin() + static_cast<std::ptrdiff_t>(offset);
    std::copy_n(from, buffer.size(), reinterpret_cast<char*>(buffer.data()));
    co_return error_code();
}

asio::awaitable<error_code> ledger_storage::write(std::uint64_t offset, std::span<std::byte const> bytes)
{
    auto const to = book_->stored.begin() + static_cast<std::ptrdiff_t>(offset);
    std::copy_n(reinterpret_cast<char const*>(bytes.data()), bytes.size(), to);
    co_return error_code();
}

asio::awaitable<error_code> ledger_storage::close(diagnostics&)
{
    book_->is_open = false;
    co_return error_code();
}

void count_end(tally& count, ledger& book, error_code error)
{
    ++count.runs_ended;
    count.ended_twice += book.ended++ != 0;
    count.storage_left_open += book.is_open;
    if (!error)
        ++count.complete;
    else if (error == asio::error::operation_aborted)
        ++count.cancelled;
    else if (error == errc::closed)
        ++count.closed;
    else
        ++count.failed;
    if (!error)
        count.wrong_bytes += book.stored != *book.wanted;
}

namespace {

// Waits for the next event until there is none, or the handle is gone.
class drainer : public std::enable_shared_from_this<drainer>
{
public:
    drainer(tally& count, std::weak_ptr<guest> of)
        : count_(count)
        , of_(std::move(of))
    {}

    void next()
    {
        auto const of = of_.lock();
        if (!of)
            return;
        ++count_.waits_begun;
        std::lock_guard const lock(of->mutex);
        of->handle.async_next_event([self = shared_from_this()](error_code error, event const&) { self->got(error); });
    }

private:
    void got(error_code error)
    {
        ++count_.waits_ended;
        if (error)
            count_.drained += error == errc::closed;
        else
            next();
    }

    tally& count_;
    std::weak_ptr<guest> of_;
};

} // namespace

void listen(tally& count, std::shared_ptr<guest> const& to)
{
    std::make_shared<drainer>(count, to)->next();
}

void drain(tally& count, guest& of, std::size_t event_count_max)
{
    for (std::size_t i = 0;; ++i)
    {
        ++count.waits_begun;
        std::promise<error_code> next;
        of.handle.async_next_event([&](error_code error, event const&) { next.set_value(error); });
        auto const error = next.get_future().get();
        ++count.waits_ended;
        if (error == errc::closed)
        {
            ++count.drained;
            return;
        }
        count.too_many_events += i == event_count_max;
    }
}

} // namespace webseed::test
