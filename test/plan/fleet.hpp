// Mirrors of given rates that serve a plan, in virtual time and without a byte: what the plan makes of them all
// together.
#pragma once

#include "plan/table.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace webseed::test {

/// A mirror, whose rate its requesters share evenly.
struct fleet_mirror
{
    double rate = 0;    // bytes a second
    duration latency{}; // from a request to its first byte
    /// From then on it sends nothing.
    time_point stalls_at = time_point::max();
    /// Whether the piece arrives wrong.
    std::function<bool(std::uint32_t piece)> spoils = [](std::uint32_t) { return false; };
    unsigned requesters = 4;
    unsigned places = 4; // for those of its requesters that have a claim; the others wait in line
    seed_hints known{};
};

class fleet
{
public:
    /// @param part_size  into which pieces are cut; 0: they aren't.
    fleet(
        std::uint64_t size, std::uint64_t piece_length, std::vector<fleet_mirror> mirrors, std::uint64_t part_size = 0);

    /// Runs until everybody has left; or for a virtual hour.
    void run();

    time_point now = start;
    std::uint64_t received = 0; // bytes
    std::uint64_t requests = 0;
    std::optional<time_point> first_verified;
    table board;

private:
    struct worker
    {
        requester_id id{};
        std::size_t mirror = 0;
        enum class state
        {
            idle,
            fetching,
            gone,
        } at = state::idle;
        time_point until = time_point::min(); // idle: asks then
        std::uint64_t turn = 0;               // idle: in the line; 0: not in it
        part_run all, rest;                   // fetching: the first of the rest is under way
        claim_id claim{};
        time_point begun{}, told{}, first_byte{};
        double into = 0;          // bytes of the first part
        std::uint64_t untold = 0; // bytes
        std::uint64_t bytes = 0;
        bool is_asked = false;
        bool is_tentative = false;
        bool is_stopped = false;
    };

    void step(duration time);
    void work(worker& one, double bytes);
    void tell(worker& one);
    void finish(worker& one, outcome_kind how);
    void ask(worker& one);
    void line_up(worker& one);
    void call_next(std::size_t mirror);
    void deliver_messages();
    void find(judge const& work);
    bool is_wrong(part_run run) const;
    bool arrive(worker& one, std::uint32_t part);
    std::uint64_t size_of(std::uint32_t part) const;

    std::vector<std::size_t> stored_; // of each part: who sent it wrongly, counted from 1; 0: it is right

    std::vector<fleet_mirror> mirrors_;
    std::vector<worker> workers_;
    std::uint64_t turns_ = 0;
};

} // namespace webseed::test
