// The threads that carry bytes.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace webseed::core {

/// Own threads, each with an event loop to itself, so that connections on different threads never meet; or an
/// executor of the embedder's.
class workers
{
public:
    /// @param count     own threads, or how many the borrowed executor has; 0: one a core, 8 at most.
    /// @param borrowed  used instead of own threads.
    workers(unsigned count, std::optional<boost::asio::any_io_executor> borrowed);
    /// Own threads must have been joined.
    ~workers();

    /// A serial executor on the next worker. From any thread.
    boost::asio::any_io_executor next_serial();

    /// How many of them work at once, as far as we know.
    std::size_t count() const noexcept { return count_; }

    /// Own threads: waits until everything has ended that was started on them. A borrowed executor: does nothing.
    /// Once; not from a worker.
    void join();

private:
    struct worker;

    std::size_t count_;
    std::optional<boost::asio::any_io_executor> borrowed_;
    std::vector<std::unique_ptr<worker>> own_;
    std::atomic<std::size_t> next_ = 0;
};

} // namespace webseed::core
