// Events on their way from a download to whoever listens.
#pragma once

#include "engine/front_bell.hpp"

#include <webseed/events.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>

namespace webseed::core {

/// Bounded: what doesn't fit is counted and dropped, so that a download whose events nobody wants holds no memory.
/// Seeds may change to and fro without end: from half the bound on, the newest change of each takes the place of the
/// last.
class event_queue
{
public:
    /// @param front  where pop() runs.
    event_queue(boost::asio::any_io_executor const& front, std::size_t count_max)
        : count_max_(count_max)
        , bell_(front)
    {}

    // From any thread:

    /// Nobody is woken by what is pushed while there is one, up to half the bound, but once when the last one ends: who
    /// would be woken by the first of many takes turns with whoever pushes them, on the same core.
    class batch;

    void push(event happened);
    /// Nothing is pushed any more; what is queued can still be popped.
    void close();
    std::optional<event> try_pop();
    std::uint64_t lost() const;

    /// On the front executor. Completes with the next event; with errc::closed when there will be none; with
    /// operation_aborted on cancellation, which takes no event away.
    boost::asio::awaitable<std::tuple<error_code, event>> pop();

private:
    void hold();
    void release();
    bool is_drained() const;
    void drop_last_of(std::string const& seed_url);

    std::size_t count_max_;
    mutable std::mutex mutex_; // held for a push or a pop
    std::list<event> queue_;   // in most downloads empty, or nearly so
    std::uint64_t lost_ = 0;
    bool is_closed_ = false;
    unsigned held_ = 0; // by so many batches
    bool is_first_held_ = false;
    front_bell bell_; // rung when there may be something to pop
};

class event_queue::batch
{
public:
    explicit batch(event_queue& of)
        : of_(of)
    {
        of_.hold();
    }
    ~batch() { of_.release(); }
    batch(batch const&) = delete;
    batch& operator=(batch const&) = delete;

private:
    event_queue& of_;
};

} // namespace webseed::core
