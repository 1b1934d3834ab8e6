// Where the bytes of a response go, and where the memory to read them into comes from.
#pragma once

#include <webseed/error.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <limits>
#include <span>

namespace webseed::http {

/// Lends memory for as long as bytes are on their way through it; called from all workers.
class buffer_lender
{
public:
    virtual ~buffer_lender() = default;
    /// At least 32 KiB.
    virtual std::span<std::byte> borrow() = 0;
    /// The same, or nothing if so much is lent that whoever can is to wait.
    virtual std::span<std::byte> try_borrow() { return borrow(); }
    /// After try_borrow() gave nothing: completes when it is to be tried again. Errors: operation_aborted when nobody
    /// is to borrow anything any more.
    virtual boost::asio::awaitable<error_code> wait() { co_return error_code(); }
    virtual void give_back(std::span<std::byte> buffer) noexcept = 0;
};

/// A borrowed buffer, until it is given back.
class buffer_lease
{
public:
    explicit buffer_lease(buffer_lender& lender)
        : lender_(lender)
        , bytes_(lender.borrow())
    {}
    /// @param bytes  what the lender gave.
    buffer_lease(buffer_lender& lender, std::span<std::byte> bytes)
        : lender_(lender)
        , bytes_(bytes)
    {}
    buffer_lease(buffer_lease const&) = delete;
    buffer_lease& operator=(buffer_lease const&) = delete;
    ~buffer_lease() { lender_.give_back(bytes_); }

    std::span<std::byte> bytes() const noexcept { return bytes_; }

private:
    buffer_lender& lender_;
    std::span<std::byte> bytes_;
};

/// What is to be lent, once it is; nothing when nobody is to borrow anything any more.
inline boost::asio::awaitable<std::span<std::byte>> borrow_in_turn(buffer_lender& lender)
{
    auto bytes = lender.try_borrow();
    while (bytes.empty())
    {
        auto const error = co_await lender.wait();
        if (error)
            break;
        bytes = lender.try_borrow();
    }
    co_return bytes;
}

/// Takes the body of one range, in order.
class body_sink
{
public:
    virtual ~body_sink() = default;
    /// @param bytes  not empty; valid until the operation completes.
    /// An error ends the response, and the connection with it.
    virtual boost::asio::awaitable<error_code> accept(std::span<std::byte const> bytes) = 0;

    /// So many bytes of the body came in front of those that are wanted.
    virtual void skipped(std::size_t) {}

    /// The most bytes that it wants to be read at once, as a limit of the rate does. Asked before each read; 0 is 1.
    virtual std::size_t size_max() const noexcept { return std::numeric_limits<std::size_t>::max(); }
    /// Whether it wants breathe() to be called before the next bytes.
    virtual bool is_due() const noexcept { return false; }
    /// Called in the middle of a body, while no buffer is held, so that others on the same executor can run. However
    /// long it takes, it doesn't count as a stall. Errors as with accept().
    virtual boost::asio::awaitable<error_code> breathe() { co_return error_code(); }
};

} // namespace webseed::http
