#include "sim/hosts.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace webseed::test::sim {

void hosts::add(mirror& made)
{
    for (auto const& host : {made.manner().host, made.manner().second_host()})
    {
        auto& all = there_[host];
        all.push_back(&made);
        if (all.size() != 1)
            continue;
        outside_.net->serve(host, [this, host](request const& asked) { return respond(asked, host); });
        outside_.net->on_connect(host, [this, host] { return connect(host); });
        outside_.net->locate(host, [this, host] { return address(host); });
    }
}

void hosts::forget_wishes()
{
    for (auto const& [host, all] : there_)
        for (auto* const each : all)
            each->forget_wishes();
}

// By the mirror whose directory the target names, as it calls it itself.
std::vector<step> hosts::respond(request asked, std::string const& host)
{
    auto const& all = there_.at(host);
    for (auto* const each : all)
    {
        auto const& directory = each->manner().directory;
        if (directory.empty() || !asked.target.starts_with('/' + directory + '/'))
            continue;
        asked.target.erase(0, 1 + directory.size());
        return each->respond(asked, host);
    }
    return all.front()->respond(asked, host);
}

connect_outcome hosts::connect(std::string const& host)
{
    auto const& all = there_.at(host);
    auto const before = all.front()->so_far().faults;
    auto outcome = all.front()->connect();
    for (std::size_t i = 1; i != all.size() && all.front()->so_far().faults != before; ++i)
        all[i]->shares_fault();
    return outcome;
}

asio::ip::address hosts::address(std::string const& host)
{
    auto const& all = there_.at(host);
    for (std::size_t i = 1; i != all.size(); ++i)
        all[i]->shares_address(host);
    return all.front()->address(host);
}

void hosts::asked(std::string const& host, std::uint64_t connection, std::weak_ptr<int> token, time_point end)
{
    auto const now = outside_.context.now();
    std::erase_if(under_way_, [now](work const& each) { return each.token.expired() || each.end <= now; });
    under_way_.push_back({host, connection, std::move(token), end});
    std::set<std::pair<std::string, std::uint64_t>> busy;
    for (auto const& each : under_way_)
        busy.emplace(each.host, each.connection);
    auto const is_there = [&](auto const& each) { return each.first == host; };
    most_under_way_ = std::max(most_under_way_, busy.size());
    most_at_one_host_ = std::max(most_at_one_host_, static_cast<std::size_t>(std::ranges::count_if(busy, is_there)));
}

} // namespace webseed::test::sim
