// Takes an answer that may turn out to be something else than it seems: passes on all of it but the last byte, so that
// there is no verdict on a piece before the answer has ended as it should.
#pragma once

#include "http/body_sink.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace webseed::core {

class trial_sink final : public http::body_sink
{
public:
    /// @param to    must outlive the sink.
    /// @param size  of the answer.
    trial_sink(http::body_sink& to, std::uint64_t size)
        : to_(to)
        , left_(size)
    {}

    boost::asio::awaitable<error_code> accept(std::span<std::byte const> bytes) override
    {
        left_ -= bytes.size();
        if (left_ == 0)
        {
            last_ = bytes.back();
            bytes = bytes.first(bytes.size() - 1);
        }
        if (bytes.empty())
            co_return error_code();
        co_return co_await to_.accept(bytes);
    }
    void skipped(std::size_t size) override { to_.skipped(size); }
    std::size_t size_max() const noexcept override { return to_.size_max(); }
    bool is_due() const noexcept override { return to_.is_due(); }
    boost::asio::awaitable<error_code> breathe() override { return to_.breathe(); }

    /// Passes on the last byte, too, if it has come. Errors: those of accept().
    boost::asio::awaitable<error_code> end()
    {
        if (!last_)
            co_return error_code();
        std::span<std::byte const> const byte(&*last_, 1);
        co_return co_await to_.accept(byte);
    }

private:
    http::body_sink& to_;
    std::uint64_t left_;
    std::optional<std::byte> last_;
};

} // namespace webseed::core
