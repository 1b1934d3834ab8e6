// Standard output for bytes, however slowly they are taken.
#pragma once

#include <webseed/error.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstddef>
#include <optional>
#include <span>

namespace webseed::app {

/// A pipe or a terminal never blocks the program's one thread; a file does for as long as the disk takes.
class byte_output
{
public:
    explicit byte_output(boost::asio::io_context& context);

    /// Writes all of it. Errors: of the system, EPIPE when nobody reads it any more; operation_aborted once stopped.
    boost::asio::awaitable<error_code> write(std::span<std::byte const> bytes);
    /// Completes when nobody will read it any more, or once stopped. Only if that can be known.
    boost::asio::awaitable<void> wait_until_unread();
    bool can_be_unread() const noexcept { return pipe_.has_value(); }
    /// Ends what waits.
    void stop();

private:
    std::optional<boost::asio::posix::stream_descriptor> pipe_; // none: standard output itself is written to
    bool is_stopped_ = false;
};

} // namespace webseed::app
