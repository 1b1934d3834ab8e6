#include "byte_output.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace webseed::app {

namespace asio = boost::asio;

namespace {

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

// A pipe or a terminal once more, opened for us alone: it may be made non-blocking, and stays as it is for the others
// who have it. -1 for anything else.
int reopen(int file)
{
    struct stat status;
    auto const is_slow = ::fstat(file, &status) == 0 && (S_ISFIFO(status.st_mode) || ::isatty(file) == 1);
    return is_slow ? ::open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) : -1;
}

} // namespace

byte_output::byte_output(asio::io_context& context)
{
    int const own = reopen(STDOUT_FILENO);
    if (own >= 0)
        pipe_.emplace(context, own);
}

asio::awaitable<error_code> byte_output::write(std::span<std::byte const> bytes)
{
    if (pipe_)
    {
        auto const all = asio::buffer(bytes.data(), bytes.size());
        auto const [error, count] = co_await asio::async_write(*pipe_, all, use_tuple);
        co_return error;
    }
    while (!bytes.empty() && !is_stopped_)
    {
        auto const written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (written >= 0)
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        else if (errno != EINTR)
            co_return error_code(errno, boost::system::system_category());
    }
    co_return is_stopped_ ? error_code(asio::error::operation_aborted) : error_code();
}

asio::awaitable<void> byte_output::wait_until_unread()
{
    if (pipe_ && !is_stopped_)
        co_await pipe_->async_wait(asio::posix::stream_descriptor::wait_error, use_tuple);
}

void byte_output::stop()
{
    is_stopped_ = true;
    if (pipe_)
        pipe_->cancel();
}

} // namespace webseed::app
