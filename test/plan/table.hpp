// A plan with a small torrent, told in short words.
#pragma once

#include "plan/plan.hpp"
#include "support/torrents.hpp"

#include <string>
#include <vector>

namespace webseed::test {

using namespace std::chrono_literals;
using namespace webseed::planning;

inline constexpr auto start = time_point(std::chrono::hours(1));

// Pieces of 16 bytes, or those of the torrent; a claim is as large as the options say, two pieces unless set.
struct table
{
    explicit table(std::uint32_t pieces, std::uint64_t claim_pieces = 2)
        : table({{{"f"}, pieces * 16ull}}, claim_pieces)
    {}
    table(std::vector<test_file> const& files, std::uint64_t claim_pieces = 2)
        : table(torrent_of(files, 16), claim_pieces)
    {}
    explicit table(metainfo torrent, std::uint64_t claim_pieces = 2)
        : layout(std::move(torrent))
        , board(layout, options_of(claim_pieces * layout.torrent().piece_length()))
    {}
    table(metainfo torrent, plan_options const& options)
        : layout(std::move(torrent))
        , board(layout, options)
    {}

    static plan_options options_of(std::uint64_t claim_size)
    {
        plan_options options;
        options.claim_size_first = claim_size;
        options.claim_size_max = claim_size;
        options.claim_size_min = claim_size;
        options.health.failure_count_max = 3;
        return options;
    }

    requester_id add_requester_with_seed() { return board.add_requester(board.add_seed()); }

    // "2-4" for a claim, "2-4 as 0" for one to be copied, "wait", "until 250" (ms from the start), "leave".
    std::string next(requester_id requester, duration after = {})
    {
        auto const action = board.next(requester, start + after);
        if (auto const* const fetched = std::get_if<fetch>(&action))
        {
            last = fetched->work.id;
            auto const run = fetched->work.parts;
            auto const source = fetched->work.copy_of ? " as " + std::to_string(*fetched->work.copy_of) : "";
            return std::to_string(run.first) + "-" + std::to_string(run.last) + source;
        }
        if (std::holds_alternative<leave>(action))
            return "leave";
        auto const until = std::get<wait>(action).until;
        if (until == time_point::max())
            return "wait";
        return "until " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(until - start).count());
    }

    settlement settle(requester_id requester, outcome_kind kind, duration after = {})
    {
        outcome result;
        result.kind = kind;
        return board.settle(requester, result, start + after, 0);
    }

    void deliver(requester_id requester, std::uint32_t count)
    {
        board.report(requester, count, false);
        settle(requester, outcome_kind::delivered);
    }

    // One character a piece: V verified, r requested, '.' missing, '?' not checked, deferred or skipped.
    std::string picture() const
    {
        std::string text;
        for (std::uint32_t i = 0; i != layout.piece_count(); ++i)
        {
            auto const piece = static_cast<piece_index>(i);
            text += board.is_verified(piece)   ? 'V'
                    : board.is_claimed(piece)  ? 'r'
                    : board.free().contains(i) ? '.'
                                               : '?';
        }
        return text;
    }

    std::size_t wakes() { return board.take_wakes().size(); }

    torrent::layout layout;
    plan board;
    claim_id last{};
};

} // namespace webseed::test
