// Where the files of a seed were found to be, so that not every range is redirected anew. Pure, and not safe to share.
#pragma once

#include "http/url.hpp"

#include <webseed/network.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace webseed::http {

class redirect_memory
{
public:
    struct target
    {
        url where;
        /// Whether it was a server at a public address that said so.
        bool is_from_public = true;
        /// Redirects that led there.
        unsigned hops = 1;
    };

    /// Keeps so many at the most; what is asked for next has room, whatever was asked for before.
    explicit redirect_memory(std::size_t count_max = 1024)
        : count_max_(count_max)
    {}

    /// @param file  any number that stands for what was asked for.
    std::optional<target> find(std::uint32_t file, time_point now) const;
    void remember(std::uint32_t file, target found, time_point until);
    void forget(std::uint32_t file) { kept_.erase(file); }
    std::size_t count() const noexcept { return kept_.size(); }

private:
    struct kept
    {
        target found;
        time_point until;
    };

    std::size_t count_max_;
    std::map<std::uint32_t, kept> kept_;
};

} // namespace webseed::http
