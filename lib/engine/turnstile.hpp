// So many at once, of all downloads of an engine together. Who finds no room stands in line, and room is kept for
// whoever is called: those of the download that has the fewest inside come first. Any thread.
#pragma once

#include "engine/requester_link.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace webseed::core {

class turnstile
{
public:
    /// Those of one download, by any address that is its own; null: those of none.
    using group = void const*;

    /// @param count_max   0: any number.
    /// @param keeps_room  no group gets more than is still free: what holds one up for long doesn't hold up the others.
    turnstile(std::size_t count_max, bool keeps_room)
        : count_max_(count_max)
        , keeps_room_(keeps_room)
    {}

    /// Whether `who` is in; it must leave(). If not, it stands in line: it is woken when it is to enter, and must
    /// either do so or abandon().
    bool enter(std::shared_ptr<requester_link> const& who, group of);
    /// Whoever can't wait is let in, whatever the number; it must leave().
    void force(group of);
    void leave(group of);
    /// It isn't in line any more. Without effect if it wasn't.
    void abandon(std::shared_ptr<requester_link> const& who, group of);

    /// Those inside, and those who are called.
    std::size_t count() const;

private:
    struct in_line
    {
        std::shared_ptr<requester_link> who;
        std::uint64_t number = 0;
    };
    struct members
    {
        std::size_t inside = 0; // with those who are called
        std::deque<in_line> line;
        std::vector<std::shared_ptr<requester_link>> called;
    };

    bool has_room(members const& all) const;
    void count_out(group of);
    static bool is_before(members const& first, members const& second) noexcept;
    void call();

    std::size_t count_max_;
    bool keeps_room_;
    mutable std::mutex mutex_; // held for a decision
    std::size_t inside_ = 0;
    std::uint64_t last_number_ = 0;
    std::map<group, members> groups_; // that have somebody inside or in line
};

} // namespace webseed::core
