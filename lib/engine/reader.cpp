// The public handle of a reader: takes completion handlers in, and hands reads to the session.
#include "engine/front.hpp"
#include "engine/reader_front.hpp"

#include <webseed/reader.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

namespace webseed {

namespace asio = boost::asio;

namespace {

// What one read holds in memory.
constexpr std::uint64_t read_size_max = 256 * 1024;

using read_result = std::tuple<error_code, std::size_t>;

// Lives on the embedder's executor. Bytes are copied into the embedder's buffers here alone: nothing else knows when
// they are gone.
asio::awaitable<read_result> read_some(
    std::shared_ptr<core::reader_front> from, std::uint64_t offset, std::shared_ptr<std::uint64_t> moved,
    std::vector<asio::mutable_buffer> into, bool is_late)
{
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    if (is_late)
        co_return read_result(errc::closed, 0);
    auto const room = asio::buffer_size(into);
    if (room == 0)
        co_return read_result(error_code(), 0);
    if (offset >= from->size())
        co_return read_result(asio::error::eof, 0);
    auto const size = std::min({std::uint64_t(room), from->size() - offset, read_size_max});
    byte_range const range{offset, size};
    auto const request = from->begin(range);
    if (!request)
        co_return read_result(asio::error::operation_aborted, 0);
    co_await request->wait();
    if (!request->is_finished())
    {
        request->cancel();
        co_return read_result(asio::error::operation_aborted, 0);
    }
    if (request->error())
        co_return read_result(request->error(), 0);
    auto const count = asio::buffer_copy(into, asio::buffer(request->bytes()));
    if (moved)
        *moved = offset + count;
    co_return read_result(error_code(), count);
}

} // namespace

reader::reader(std::shared_ptr<core::reader_front> front) noexcept
    : front_(std::move(front))
{}

reader& reader::operator=(reader&& other) noexcept
{
    reader old(std::exchange(front_, std::move(other.front_)));
    return *this;
}

reader::~reader()
{
    if (front_)
        close();
}

reader::executor_type reader::get_executor() const noexcept
{
    return front_->front();
}

std::uint64_t reader::size() const noexcept
{
    return front_->size();
}

void reader::close() noexcept
{
    front_->close();
}

void reader::start_read(
    std::shared_ptr<core::reader_front> from, std::uint64_t offset, std::shared_ptr<std::uint64_t> moved,
    buffer_list into, read_handler handler)
{
    auto const front = from->front();
    auto const is_late = from->is_closed();
    auto task = read_some(std::move(from), offset, std::move(moved), std::move(into), is_late);
    core::complete_with(front, std::move(task), std::move(handler));
}

reader_stream::reader_stream(reader from, std::uint64_t offset)
    : reader_(std::move(from))
    , position_(std::make_shared<std::uint64_t>(offset))
{}

} // namespace webseed
