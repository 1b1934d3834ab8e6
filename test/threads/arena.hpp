// Engines, downloads and servers, and threads that do with them whatever the public face allows, in any order.
#pragma once

#include "support/dice.hpp"
#include "support/moody.hpp"
#include "support/origin.hpp"
#include "threads/guest.hpp"

#include <webseed/engine.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <array>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace webseed::test {

struct arena_options
{
    /// Workers: a pool of the embedder's instead of the engines' own.
    bool borrows = false;
    /// Threads that run the engines' executor.
    int front_thread_count = 1;
    std::uint64_t seed = 1;
};

class arena
{
public:
    explicit arena(arena_options options);
    /// Everything must have been finished.
    ~arena();

    /// So many random operations, one after the other. From several threads at once.
    void play(std::uint64_t seed, int operation_count);
    /// Drops what is left, and waits until everything has ended. When everybody has played.
    void finish();

    tally const& count() const noexcept { return count_; }

private:
    using guest_pointer = std::shared_ptr<guest>;

    engine_options options_of_engine();
    std::shared_ptr<engine> some_engine(dice& luck);
    guest_pointer some_guest(dice& luck);
    std::string some_url(dice& luck);
    guest_pointer invite(dice& luck);
    void begin(dice& luck, guest_pointer const& on);
    void run_to_end(dice& luck, guest_pointer const& on);
    void begin_with_callback(guest_pointer const& on);
    void begin_with_coroutine(guest_pointer const& on);
    void act(dice& luck);
    void act_on(dice& luck, guest_pointer const& on);
    void add(dice& luck);
    void drop(dice& luck);
    void cancel(guest_pointer const& on);
    void stop_engine(dice& luck);
    void load(dice& luck);
    void replace_engine(dice& luck);

    static constexpr std::size_t event_count_max = 8;

    arena_options options_;
    tally count_;
    std::shared_ptr<std::string const> content_;
    metainfo torrent_;
    std::string torrent_file_; // of another torrent

    boost::asio::io_context outside_{1};
    std::list<origin> servers_; // on outside_
    origin torrents_;           // there, too
    boost::asio::io_context front_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> front_guard_;
    boost::asio::thread_pool elsewhere_{2}; // where embedders have coroutines of their own
    boost::asio::thread_pool borrowed_{4};

    std::mutex mutex_; // held for a look into the tables
    std::array<std::shared_ptr<engine>, 2> engines_;
    std::array<guest_pointer, 6> guests_;

    std::vector<std::thread> threads_;
};

} // namespace webseed::test
