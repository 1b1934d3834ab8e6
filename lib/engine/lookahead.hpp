// What of a claim is asked for before it is its turn: small parts of files, which would take a round trip each.
#pragma once

#include "engine/client.hpp"
#include "engine/seed_request.hpp"
#include "engine/web_seed.hpp"
#include "torrent/layout.hpp"

#include <cstdint>
#include <vector>

namespace webseed::core {

class lookahead
{
public:
    /// The largest part that is asked for ahead, or with which others are.
    static constexpr std::uint64_t part_size_max = 256 * 1024;

    /// The references must outlive it. @param depth_max  requests under way at once.
    lookahead(torrent::layout const& layout, web_seed& seed, unsigned depth_max)
        : layout_(layout)
        , seed_(seed)
        , depth_max_(depth_max)
    {}

    /// Nothing is under way any more.
    void forget() noexcept;

    /// What is to be sent along with the request for what is at `position`, if it wasn't sent, in a claim that ends at
    /// `end`. @param wanted  that request. @param depth  requests that the seed takes at once.
    std::vector<client_ahead>
    look(seed_request const& wanted, std::uint64_t position, std::uint64_t end, unsigned depth, time_point now);
    /// The same where nothing shall be sent ahead.
    void look_at(seed_request const& wanted, std::uint64_t position) noexcept;
    /// Whether others are under way with the request.
    bool is_among_others() const noexcept { return under_way_ != 0 || !ends_.empty(); }
    /// How far it then is asked for ahead; 0: it isn't.
    std::uint64_t end() const noexcept
    {
        if (!is_among_others())
            return 0;
        return ends_.empty() ? end_ : ends_.back();
    }

    /// What came of it. @param took  from the end of the response before, or from the request.
    void note(http::range_result const& response, planning::duration took) noexcept;

private:
    std::uint64_t behind(std::uint64_t position, std::uint64_t size) const noexcept;
    std::uint64_t size_max() const noexcept;

    torrent::layout const& layout_;
    web_seed& seed_;
    unsigned depth_max_;
    unsigned under_way_ = 0;
    std::uint64_t end_ = 0;           // of what was asked for
    std::vector<std::uint64_t> ends_; // of what is sent now
    double byte_time_ = 0;            // seconds that a byte takes, of late; 0: not known
};

} // namespace webseed::core
