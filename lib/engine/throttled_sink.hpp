// Passes bytes on no faster than a throttle lets them come.
#pragma once

#include "engine/throttle.hpp"
#include "http/body_sink.hpp"

#include <webseed/clock.hpp>

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <span>

namespace webseed::core {

class throttled_sink final : public http::body_sink
{
public:
    /// The references must outlive the sink.
    throttled_sink(http::body_sink& to, throttle& limits, clock& time)
        : to_(to)
        , limits_(limits)
        , time_(time)
    {}

    boost::asio::awaitable<error_code> accept(std::span<std::byte const> bytes) override
    {
        auto const error = co_await to_.accept(bytes);
        took(bytes.size());
        co_return error;
    }
    void skipped(std::size_t size) override
    {
        to_.skipped(size);
        took(size);
    }
    std::size_t size_max() const noexcept override { return std::min(to_.size_max(), limits_.quantum()); }
    bool is_due() const noexcept override { return is_early_ || to_.is_due(); }
    boost::asio::awaitable<error_code> breathe() override
    {
        if (is_early_)
            co_await time_.sleep_until(until_);
        is_early_ = false;
        co_return co_await to_.breathe();
    }

private:
    void took(std::size_t size)
    {
        auto const now = time_.now();
        until_ = limits_.took(size, now);
        is_early_ = until_ > now;
    }

    http::body_sink& to_;
    throttle& limits_;
    clock& time_;
    time_point until_{};
    bool is_early_ = false;
};

} // namespace webseed::core
