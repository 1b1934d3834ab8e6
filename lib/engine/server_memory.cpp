#include "engine/server_memory.hpp"

#include "http/url.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace webseed {

namespace {

using std::chrono::sys_seconds;

// A name has 255 bytes at the most.
constexpr std::size_t origin_size_max = 300;
// Faster than any line.
constexpr double rate_max = 1e11;
// Those that no seed uses are forgotten once there are so many, one for each that is new.
constexpr std::size_t record_count_max = 2 * known_server_count_max;

// The usual form of an origin; empty for what is none, or more than that.
std::string usual_form(std::string const& origin)
{
    if (origin.size() > origin_size_max)
        return {};
    auto const parsed = http::url::parse(origin);
    if (!parsed || parsed->userinfo() || parsed->target() != "/")
        return {};
    return core::origin_of(parsed->where());
}

// Each server once, as it was seen last; those seen last first, and no more of them than are worth keeping.
std::vector<known_server> newest_of(std::vector<known_server> all)
{
    std::multimap<std::chrono::sys_seconds, known_server, std::greater<>> sorted; // equal ones as they were given
    for (auto& each : all)
    {
        each.origin = usual_form(each.origin);
        if (!each.origin.empty() && std::isfinite(each.rate) && each.rate >= 0 && each.rate <= rate_max)
            sorted.emplace(each.seen_at, std::move(each));
    }
    std::set<std::string> met;
    std::vector<known_server> kept;
    for (auto& [seen_at, each] : sorted)
        if (kept.size() != known_server_count_max && met.insert(each.origin).second)
            kept.push_back(std::move(each));
    return kept;
}

} // namespace

std::vector<known_server> combine(std::vector<known_server> some, std::vector<known_server> others, sys_seconds now)
{
    std::ranges::move(others, std::back_inserter(some));
    std::erase_if(some, [now](known_server const& each) {
        return each.seen_at > now || each.seen_at < now - known_server_age_max;
    });
    return newest_of(std::move(some));
}

namespace core {

known_server server_record::get() const
{
    std::lock_guard const lock(mutex_);
    return known_;
}

known_server server_record::as_of(sys_seconds wall, time_point now) const
{
    std::lock_guard const lock(mutex_);
    auto known = known_;
    if (noted_at_)
        known.seen_at = wall - std::chrono::ceil<std::chrono::seconds>(now - *noted_at_);
    return known;
}

void server_record::measure(double rate, known_server& known) noexcept
{
    known.rate = std::exchange(has_measured_, true) ? known.rate * 0.7 + rate * 0.3 : rate;
}

bool server_record::is_blank() const
{
    std::lock_guard const lock(mutex_);
    return !noted_at_ && known_ == known_server{.origin = known_.origin};
}

server_memory::server_memory(std::vector<known_server> told)
{
    for (auto& each : newest_of(std::move(told)))
    {
        auto& record = records_[each.origin];
        record = std::make_shared<server_record>(std::move(each));
    }
}

std::shared_ptr<server_record> server_memory::at(endpoint const& server)
{
    auto const origin = origin_of(server);
    std::lock_guard const lock(mutex_);
    auto& record = records_[origin];
    if (!record)
        record = std::make_shared<server_record>(known_server{.origin = origin});
    auto const found = record;
    if (records_.size() > record_count_max)
        forget_one();
    return found;
}

void server_memory::forget_one()
{
    auto const is_unused = [](auto const& each) { return each.second.use_count() == 1; };
    auto const found = std::ranges::find_if(records_, is_unused);
    if (found != records_.end())
        records_.erase(found);
}

unsigned server_memory::connections_at(endpoint const& server) const
{
    std::lock_guard const lock(mutex_);
    auto const found = records_.find(origin_of(server));
    return found != records_.end() ? found->second->get().connections : 0;
}

std::vector<known_server>
server_memory::tell(sys_seconds wall, time_point now, std::vector<host_note> const& hosts) const
{
    std::map<std::string, known_server> all;
    {
        std::lock_guard const lock(mutex_);
        for (auto const& [origin, record] : records_)
            if (!record->is_blank())
                all.try_emplace(origin, record->as_of(wall, now));
    }
    for (auto const& each : hosts)
    {
        if (each.connections == 0)
            continue;
        auto& known = all[origin_of(each.host)];
        known.origin = origin_of(each.host);
        known.connections = each.connections;
        known.seen_at = std::max(known.seen_at, wall - std::chrono::ceil<std::chrono::seconds>(now - each.noted_at));
    }
    std::vector<known_server> told;
    for (auto& each : all)
        told.push_back(std::move(each.second));
    return newest_of(std::move(told));
}

std::string origin_of(endpoint const& server)
{
    auto const is_ipv6 = server.host.find(':') != server.host.npos;
    auto const host = is_ipv6 ? '[' + server.host + ']' : server.host;
    return server.scheme + "://" + host + ':' + std::to_string(server.port);
}

} // namespace core

} // namespace webseed
