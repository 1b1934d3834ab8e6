// Names to addresses, with a memory.
#pragma once

#include "net/lookup.hpp"

#include <webseed/network.hpp>
#include <webseed/network_options.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <functional>
#include <memory>
#include <string>

namespace webseed::net {

/// Asks once for each name at a time, on threads of its own: whoever wants it meanwhile waits for the same answer.
/// Called from all workers. Destruction waits for the lookups under way, as nothing can interrupt them.
class resolver
{
public:
    /// @param ask  what looks up a name.
    /// @param now  tells how long answers hold.
    resolver(
        network_options const& options, lookup_function ask,
        std::function<time_point()> now = std::chrono::steady_clock::now);
    resolver(resolver const&) = delete;
    resolver& operator=(resolver const&) = delete;
    ~resolver();

    /// The addresses of `host`, of which there is at least one, in the order in which to try them. An address is its
    /// own, at once.
    /// @param detail  told why it failed. Must outlive the operation, and so must the resolver.
    /// Errors: errc::resolve_failed, errc::resolve_timed_out, operation_aborted.
    boost::asio::awaitable<boost::system::result<address_list>>
    resolve(std::string host, time_point deadline, std::string& detail);

    /// The most names that it remembers.
    static constexpr std::size_t name_count_max = 1024;

private:
    class memory;
    struct waiter;
    class waiting;

    std::shared_ptr<memory> memory_;
};

} // namespace webseed::net
