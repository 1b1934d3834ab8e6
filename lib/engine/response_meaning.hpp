// What a response, or its absence, says: about the seed, about its host, about whether to go on. Pure.
#pragma once

#include "http/connection.hpp"
#include "plan/host_budget.hpp"
#include "plan/plan.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace webseed::core {

/// What a failed response says about the seed.
planning::outcome_kind kind_of(error_code error) noexcept;

/// What the end of a claim says about the host's wish to be asked. @param received  bytes of bodies, before that.
planning::visit_kind visit_kind_of(error_code error, std::uint64_t received) noexcept;

/// Whether the next try may well get further: the line broke.
bool is_interruption(error_code error) noexcept;

/// Judges whether responses without an error bring enough. Servers that cap ranges stop short of what was asked for:
/// whoever asks goes on with the rest at once, any number of times. One response that brings next to nothing may end
/// where the server's own blocks do; two in a row are a fault.
class short_responses
{
public:
    /// @param size  what was asked for.
    bool may_go_on(http::range_result const& response, std::uint64_t size) noexcept;

private:
    unsigned tiny_count_ = 0;
};

/// Of a response that stopped short and is a fault, for people. @param size  what was asked for.
std::string told_of_short(http::range_result const& response, std::uint64_t size);

/// Whether the seed has answered, and not what a seed of this form answers: it may be of the other form. A server that
/// is in trouble says nothing about that.
bool is_of_other_form(http::range_result const& response) noexcept;

/// Whether a script has sent all of a piece where a part of it was asked for. What doesn't say its length, and is
/// longer than that part, is taken for it, too. @param size  of the part.
bool brings_whole_piece(http::range_result const& response, std::uint64_t size) noexcept;

/// How long it wants to be left alone. A script says it in the body.
std::optional<std::chrono::seconds> wait_of(http::range_result const& response);

} // namespace webseed::core
