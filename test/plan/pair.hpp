// Two seeds that have shown how quick they are.
#pragma once

#include "plan/table.hpp"

#include <chrono>
#include <cstdint>

namespace webseed::test {

// A table of one file, where claims are as long as they come, and two seeds of one requester that have shown how quick
// they are: each has brought one piece in so long.
struct pair
{
    // @param first_waited  of that, for the first bytes.
    pair(duration first_took, duration second_took, std::uint32_t pieces = 102, duration first_waited = {})
        : t(torrent_of({{{"f"}, pieces * length}}, length), options())
        , a(t.add_requester_with_seed())
        , b(t.add_requester_with_seed())
    {
        t.board.withhold({1, pieces});
        bring_one(a, first_took, first_waited);
        release(1);
        bring_one(b, second_took);
        release(pieces - 2);
        t.board.take_wakes();
    }

    static plan_options options()
    {
        plan_options made;
        made.claim_time = std::chrono::hours(1);
        made.claim_size_max = 100 * length;
        made.claim_size_min = 100 * length; // no claim is cut
        return made;
    }

    void release(std::uint32_t count)
    {
        for (auto run = t.board.next_check(count); !run.empty(); ++run.first)
            t.board.checked(static_cast<webseed::piece_index>(run.first), false);
    }

    void bring_one(requester_id requester, duration took, duration waited = {})
    {
        auto const action = t.board.next(requester, start);
        auto const run = std::get<fetch>(action).work.parts;
        t.board.report(requester, run.count(), false);
        outcome result;
        result.took = took * run.count();
        result.waited = waited * run.count();
        result.bytes = run.count() * length;
        t.board.settle(requester, result, start, 0);
    }

    void hear(requester_id requester, std::uint64_t bytes, duration at, std::uint64_t into_piece = 0)
    {
        t.board.heard(requester, {bytes, into_piece}, start + at);
    }

    static constexpr std::uint64_t length = 1000;
    table t;
    requester_id a, b;
};

} // namespace webseed::test
