// Where readers are, and what they will want next. Pure.
#pragma once

#include "plan/plan.hpp"

#include <webseed/types.hpp>

#include <cstdint>
#include <map>
#include <vector>

namespace webseed::planning {

struct read_ahead_options
{
    /// Bytes behind what is read, where a reader has jumped to, and at the most.
    std::uint64_t least = 0;
    std::uint64_t most = 32u << 20;
};

/// A reader that goes on where its last read ended wants as much more as it has read in a row; one that jumps begins
/// anew. Addresses are those of the torrent's bytes.
class read_ahead
{
public:
    using reader_id = std::uint64_t;
    using read_id = std::uint64_t;

    /// A read begins. @param range  not empty. @param end  nothing behind it is read ahead.
    read_id begin(reader_id reader, byte_range range, std::uint64_t end, read_ahead_options const& options);
    void end(read_id read);
    /// The reader reads no more; its reads may still have to end.
    void remove(reader_id reader);

    /// What all readers want, what reads wait for first. @param kept_size_max  bytes of what is read ahead at the most.
    std::vector<urgent_run> wanted(torrent::layout const& pieces, std::uint64_t kept_size_max) const;

private:
    struct position
    {
        std::uint64_t next = 0;  // behind the last read
        std::uint64_t count = 0; // bytes read in a row before the last read
        std::uint64_t until = 0; // where it reads ahead to
    };

    std::map<reader_id, position> readers_;
    std::map<read_id, byte_range> reads_; // under way
    read_id begun_count_ = 0;
};

} // namespace webseed::planning
