#include "engine/workers.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <thread>
#include <utility>

#include <pthread.h>
#include <signal.h>

namespace webseed::core {

namespace asio = boost::asio;

struct workers::worker
{
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
    std::thread thread;
};

namespace {

constexpr unsigned own_count_max = 8;

// Signals are for the embedder's threads: those of ours inherit a mask that blocks them.
class signals_blocked
{
public:
    signals_blocked()
    {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    signals_blocked(signals_blocked const&) = delete;
    signals_blocked& operator=(signals_blocked const&) = delete;
    ~signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_;
};

} // namespace

workers::workers(unsigned count, std::optional<asio::any_io_executor> borrowed)
    : count_(count != 0 ? count : std::clamp(std::thread::hardware_concurrency(), 1u, own_count_max))
    , borrowed_(std::move(borrowed))
{
    if (borrowed_)
        return;
    signals_blocked const blocked;
    for (std::size_t i = 0; i != count_; ++i)
    {
        auto& made = *own_.emplace_back(std::make_unique<worker>());
        made.thread = std::thread([&made] { made.context.run(); });
    }
}

workers::~workers() = default;

asio::any_io_executor workers::next_serial()
{
    if (borrowed_)
        return asio::make_strand(*borrowed_);
    auto const index = next_.fetch_add(1, std::memory_order_relaxed) % own_.size();
    return own_[index]->context.get_executor();
}

void workers::join()
{
    for (auto const& each : own_)
        each->guard.reset();
    for (auto const& each : own_)
        each->thread.join();
}

} // namespace webseed::core
