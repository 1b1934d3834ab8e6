// What the engine knows of servers: what it was told of earlier runs, and what it finds out. Seeds and downloads that
// come later begin with that.
#pragma once

#include <webseed/known_server.hpp>
#include <webseed/network.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace webseed::core {

/// One server, as all its seeds see it. Any thread.
class server_record
{
public:
    explicit server_record(known_server told = {})
        : known_(std::move(told))
    {}

    known_server get() const;
    /// The same, as somebody keeps it: seen at what is `wall` now, or as it was told.
    known_server as_of(std::chrono::sys_seconds wall, time_point now) const;
    /// Somebody has asked it. @param change  is given the known_server; must not wait.
    template <typename Change>
    void note(time_point now, Change const& change)
    {
        std::lock_guard const lock(mutex_);
        change(known_);
        noted_at_ = now;
    }
    /// Bytes a second that came on one connection, within note(): what was measured here before counts, too; what was
    /// told doesn't.
    void measure(double rate, known_server& known) noexcept;
    /// Whether there is anything to tell.
    bool is_blank() const;

private:
    mutable std::mutex mutex_; // held for a copy
    known_server known_;
    std::optional<time_point> noted_at_;
    bool has_measured_ = false;
};

/// How many requests a host has taken well, when it was last asked.
struct host_note
{
    endpoint host;
    unsigned connections = 0; // 0: not known
    time_point noted_at{};
};

class server_memory
{
public:
    /// @param told  what is nonsense in it is left out, and so are those beyond the count that is worth keeping.
    explicit server_memory(std::vector<known_server> told = {});

    std::shared_ptr<server_record> at(endpoint const& server);
    /// As it was told; 0: not known.
    unsigned connections_at(endpoint const& server) const;
    /// All that is known now, for engine::known_servers().
    std::vector<known_server>
    tell(std::chrono::sys_seconds wall, time_point now, std::vector<host_note> const& hosts) const;

private:
    void forget_one();

    mutable std::mutex mutex_;                                      // held for a look
    std::map<std::string, std::shared_ptr<server_record>> records_; // by the origin
};

/// As known_server::origin.
std::string origin_of(endpoint const& server);

} // namespace webseed::core
