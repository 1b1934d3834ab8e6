// A set of ids that count up from 0: adding, removing and stepping to the next one take the same time however many
// there are.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

namespace webseed::planning {

template <class Id>
class id_set
{
public:
    bool empty() const noexcept { return ids_.empty(); }
    std::size_t size() const noexcept { return ids_.size(); }
    /// In no particular order, which changes with every removal.
    Id operator[](std::size_t place) const noexcept { return ids_[place]; }
    auto begin() const noexcept { return ids_.begin(); }
    auto end() const noexcept { return ids_.end(); }

    /// Without effect if it is there.
    void add(Id id)
    {
        auto const number = static_cast<std::size_t>(id);
        if (number >= places_.size())
            places_.resize(number + 1, nowhere);
        if (places_[number] != nowhere)
            return;
        places_[number] = ids_.size();
        ids_.push_back(id);
    }

    /// Without effect if it isn't there.
    void remove(Id id) noexcept
    {
        auto const number = static_cast<std::size_t>(id);
        if (number >= places_.size() || places_[number] == nowhere)
            return;
        auto const last = ids_.back();
        ids_[places_[number]] = last;
        places_[static_cast<std::size_t>(last)] = places_[number];
        places_[number] = nowhere;
        ids_.pop_back();
    }

private:
    static constexpr auto nowhere = std::numeric_limits<std::size_t>::max();

    std::vector<Id> ids_;
    std::vector<std::size_t> places_; // by number
};

} // namespace webseed::planning
