// The hosts of a simulated world: who answers for which directory of one, and how much was ever under way at once.
#pragma once

#include "sim/mirror.hpp"
#include "support/world.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace webseed::test::sim {

class hosts
{
public:
    /// @param outside  must outlive it.
    explicit hosts(world& outside)
        : outside_(outside)
    {}
    hosts(hosts const&) = delete;
    hosts& operator=(hosts const&) = delete;

    /// It answers from now on, at both of its hosts. How a host is reached is decided by the first mirror there.
    void add(mirror& made);

    /// What a mirror tells of: something is under way on one more connection.
    void asked(std::string const& host, std::uint64_t connection, std::weak_ptr<int> token, time_point end);
    /// Connections on which requests were under way at once, at the most.
    std::size_t most_under_way() const noexcept { return most_under_way_; }
    std::size_t most_at_one_host() const noexcept { return most_at_one_host_; }

    /// What an earlier run of requests has wished may never have been heard.
    void forget_wishes();

private:
    struct work
    {
        std::string host;
        std::uint64_t connection = 0;
        std::weak_ptr<int> token;
        time_point end;
    };

    std::vector<step> respond(request asked, std::string const& host);
    connect_outcome connect(std::string const& host);
    asio::ip::address address(std::string const& host);

    world& outside_;
    std::map<std::string, std::vector<mirror*>> there_;
    std::vector<work> under_way_;
    std::size_t most_under_way_ = 0;
    std::size_t most_at_one_host_ = 0;
};

} // namespace webseed::test::sim
