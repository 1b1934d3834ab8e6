// A world for the engine to run in, on one thread: a clock whose time passes only when nothing else is to be done,
// and a network whose servers are functions. What runs in it is the shipped code; nothing here sleeps.
#pragma once

#include <webseed/clock.hpp>
#include <webseed/network.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace webseed::test {

namespace asio = boost::asio;
using duration = std::chrono::steady_clock::duration;

/// Somebody who waits for a time, or to be woken.
class sleeper;

class virtual_clock final : public clock
{
public:
    explicit virtual_clock(std::uint64_t seed = 1)
        : random_state_(seed)
    {}

    time_point now() const noexcept override { return now_; }
    asio::awaitable<void> sleep_until(time_point time) override;
    std::uint64_t random() noexcept override;

    /// Lets time pass until the first sleeper wakes. False: nobody sleeps for a finite time.
    bool advance();

private:
    friend class sleeper;

    time_point now_ = time_point(std::chrono::hours(1));
    std::uint64_t random_state_;
    std::list<sleeper*> sleepers_;
};

/// What a server does to a connection, one step after the other.
struct send_bytes
{
    std::string bytes;
};
struct pause_for
{
    duration time;
};
struct end_stream // orderly
{
};
struct reset_stream
{
};
/// Says nothing more until somebody calls `go_on`.
using step = std::variant<send_bytes, pause_for, end_stream, reset_stream>;

struct request
{
    std::string text; // the whole head
    std::string target;
    /// Value of the header field; empty where there is none. @param name  as it is spelt in the request
    std::string field(std::string const& name) const;
    /// The bytes asked for; the whole of `size` bytes where no range is given.
    byte_range range(std::uint64_t size) const;
};

/// Answers a request; called when its last byte has come.
using server = std::function<std::vector<step>(request const&)>;

/// A response head and body. @param fields  whole lines, each with its CR LF.
std::string response(std::string const& status, std::string const& fields, std::string const& body);
/// 206 or 200 with these bytes of `content`, as a right server would say it.
std::string range_response(request const& asked, std::string const& content);

class virtual_network final : public network
{
public:
    explicit virtual_network(std::shared_ptr<virtual_clock> time)
        : time_(std::move(time))
    {}

    asio::awaitable<boost::system::result<std::unique_ptr<stream>>> connect(endpoint to, time_point deadline) override;

    /// From now on, http://`host`/ is this server.
    void serve(std::string host, server answers) { servers_[std::move(host)] = std::move(answers); }
    /// Connections to this host fail with `error`, after `delay`.
    void refuse(std::string host, error_code error, duration delay = {});
    /// Connections to this host are never made.
    void swallow(std::string host) { refuse(std::move(host), {}, duration::max()); }

    /// What was asked for, in order: "host target first-last".
    std::vector<std::string> const& log() const noexcept { return log_; }
    int live_streams() const noexcept { return live_streams_; }
    int connects() const noexcept { return connects_; }

private:
    friend class virtual_stream;
    struct refusal
    {
        error_code error;
        duration delay{};
    };

    std::shared_ptr<virtual_clock> time_;
    std::map<std::string, server> servers_;
    std::map<std::string, refusal> refusals_;
    std::vector<std::string> log_;
    int live_streams_ = 0;
    int connects_ = 0;
};

/// The clock, the network, and the loop.
class world
{
public:
    std::shared_ptr<virtual_clock> time = std::make_shared<virtual_clock>();
    std::shared_ptr<virtual_network> net = std::make_shared<virtual_network>(time);
    asio::io_context context{1}; // goes first, with all that is still suspended in it

    /// How many handlers have run.
    std::size_t handlers = 0;

    /// Runs everything that can run now, without letting time pass.
    void settle();
    /// Runs, and lets time pass, until nothing is left that time could bring about, or `done` says so.
    void run(std::function<bool()> const& done = [] { return false; });
    /// Lets this much time pass.
    void run_for(duration time);
};

} // namespace webseed::test
