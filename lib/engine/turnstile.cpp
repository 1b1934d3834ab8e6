#include "engine/turnstile.hpp"

#include <algorithm>
#include <utility>

namespace webseed::core {

bool turnstile::enter(std::shared_ptr<requester_link> const& who, group of)
{
    std::lock_guard const lock(mutex_);
    auto& all = groups_[of];
    if (std::erase(all.called, who) != 0)
        return true;
    auto const is_in_line = std::ranges::find(all.line, who, &in_line::who) != all.line.end();
    if (!is_in_line && all.line.empty() && has_room(all))
    {
        ++inside_;
        ++all.inside;
        return true;
    }
    if (!is_in_line)
        all.line.push_back({who, ++last_number_});
    return false;
}

void turnstile::force(group of)
{
    std::lock_guard const lock(mutex_);
    ++inside_;
    ++groups_[of].inside;
}

void turnstile::leave(group of)
{
    std::lock_guard const lock(mutex_);
    count_out(of);
    call();
}

void turnstile::abandon(std::shared_ptr<requester_link> const& who, group of)
{
    std::lock_guard const lock(mutex_);
    auto const found = groups_.find(of);
    if (found == groups_.end())
        return;
    auto& all = found->second;
    std::erase_if(all.line, [&who](in_line const& each) { return each.who == who; });
    if (std::erase(all.called, who) != 0)
        count_out(of);
    else if (all.inside == 0 && all.line.empty())
        groups_.erase(found);
    call();
}

std::size_t turnstile::count() const
{
    std::lock_guard const lock(mutex_);
    return inside_;
}

bool turnstile::has_room(members const& all) const
{
    if (count_max_ == 0)
        return true;
    auto const free = count_max_ - std::min(count_max_, inside_);
    return free != 0 && (!keeps_room_ || all.inside == 0 || all.inside < free);
}

void turnstile::count_out(group of)
{
    auto const found = groups_.find(of);
    --inside_;
    if (--found->second.inside == 0 && found->second.line.empty())
        groups_.erase(found);
}

// Those who have waited longest, of downloads with as many inside.
bool turnstile::is_before(members const& first, members const& second) noexcept
{
    return std::pair(first.inside, first.line.front().number) < std::pair(second.inside, second.line.front().number);
}

// As many as there is room for.
void turnstile::call()
{
    for (;;)
    {
        members* next = nullptr;
        for (auto& [of, all] : groups_)
            if (!all.line.empty() && (!next || is_before(all, *next)))
                next = &all;
        if (!next || !has_room(*next))
            return;
        auto who = std::move(next->line.front().who);
        next->line.pop_front();
        ++inside_;
        ++next->inside;
        who->wake();
        next->called.push_back(std::move(who));
    }
}

} // namespace webseed::core
