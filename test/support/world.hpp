// A world for the engine to run in, on one thread: a clock whose time passes only when nothing else is to be done,
// and a network whose servers are scripts. What runs in it is the shipped code; nothing here sleeps.
#pragma once

#include "support/script.hpp"
#include "support/simulated_context.hpp"

#include <webseed/clock.hpp>
#include <webseed/network.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace webseed::test {

class virtual_clock final : public clock
{
public:
    virtual_clock(simulated_context& context, std::uint64_t seed)
        : context_(context)
        , dice_(seed)
    {}

    time_point now() const noexcept override { return context_.now(); }
    asio::awaitable<void> sleep_until(time_point time) override;
    std::uint64_t random() noexcept override { return dice_.next(); }

private:
    simulated_context& context_;
    dice dice_;
};

/// How an attempt to connect ends.
struct connect_outcome
{
    error_code error{};
    duration delay{}; // duration::max(): never
    /// Who answers, if not the host's own server.
    server stranger{};
};

class virtual_network final : public network
{
public:
    explicit virtual_network(simulated_context& context)
        : context_(context)
    {}

    asio::awaitable<boost::system::result<std::unique_ptr<stream>>>
    connect(connect_request request, std::string& detail) override;

    /// From now on, http://`host`/ is this server, and https://`host`/, too. @param host  with ":port": only there.
    void serve(std::string host, server answers) { servers_[std::move(host)] = std::move(answers); }
    /// The host's address from now on, asked for at each connect; public unless told.
    void locate(std::string host, std::function<asio::ip::address()> address);
    /// Called for every attempt to connect to this host.
    void on_connect(std::string host, std::function<connect_outcome()> outcome);
    /// Connections to this host fail with `error`, after `delay`.
    void refuse(std::string host, error_code error, duration delay = {});
    /// Connections to this host are never made.
    void swallow(std::string host) { refuse(std::move(host), {}, duration::max()); }
    /// No read gets more than this says, which is at least 1.
    void cut_reads(std::function<std::size_t()> size_max) { read_size_max_ = std::move(size_max); }

    /// What was asked for, in order: "host target first-last".
    std::vector<std::string> const& log() const noexcept { return log_; }
    int live_streams() const noexcept { return live_streams_; }
    int connects() const noexcept { return connects_; }

private:
    friend class virtual_stream;

    // What a host has had so far.
    struct host_count
    {
        std::uint64_t connections = 0;
        std::uint64_t requests = 0;
    };

    asio::ip::address address_of(std::string const& host) const;

    simulated_context& context_;
    std::map<std::string, server> servers_;
    std::map<std::string, std::function<connect_outcome()>> outcomes_;
    std::map<std::string, std::function<asio::ip::address()>> addresses_;
    std::function<std::size_t()> read_size_max_;
    std::vector<std::string> log_;
    std::map<std::string, host_count> counts_;
    int live_streams_ = 0;
    int connects_ = 0;
};

/// The loop, the clock and the network.
class world
{
public:
    /// @param seed  of the schedule and of the clock's random numbers; none: first come, first served.
    explicit world(std::optional<std::uint64_t> seed = {})
        : owned_(std::make_unique<simulated_context>(seed))
        , time(std::make_shared<virtual_clock>(context, seed.value_or(1)))
    {}
    ~world() { owned_.reset(); } // goes first, with all that is still suspended in it
    world(world const&) = delete;
    world& operator=(world const&) = delete;

private:
    std::unique_ptr<simulated_context> owned_;

public:
    simulated_context& context = *owned_;
    std::shared_ptr<virtual_clock> time;
    std::shared_ptr<virtual_network> net = std::make_shared<virtual_network>(context);

    /// Runs everything that can run now, without letting time pass.
    void settle();
    /// Runs, and lets time pass, until nothing is left that time could bring about, or `done` says so.
    void run(std::function<bool()> const& done = [] { return false; });
    /// Lets this much time pass.
    void run_for(duration time);
};

} // namespace webseed::test
