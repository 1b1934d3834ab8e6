#include "engine/claim_note.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace webseed::core {

namespace {

using planning::outcome_kind;

// Less, in less time, says more about the way there than about the rate.
constexpr std::uint64_t measured_size_min = 256 * 1024;
constexpr auto measured_time_min = std::chrono::seconds(1);
// Who was stopped in vain after this time has met silence: before its own timeouts, for others were idle.
constexpr auto silent_time = std::chrono::seconds(2);

// Whether it was dead; nothing: that can't be said.
std::optional<bool> was_dead(result_of_claim const& result, bool is_limited)
{
    auto const& outcome = result.outcome;
    if (outcome.bytes != 0)
        return false;
    switch (outcome.kind)
    {
    case outcome_kind::delivered:
    case outcome_kind::busy:
    case outcome_kind::file_missing:
    case outcome_kind::content_changed:
    case outcome_kind::ranges_ignored:
        return false;
    case outcome_kind::failed:
        if (result.error == errc::internal)
            break;
        return result.cause.http_status == 0;
    case outcome_kind::stopped:
        if (is_limited || outcome.took < silent_time)
            break;
        return true;
    case outcome_kind::storage_failed:
    case outcome_kind::copy_failed:
        break;
    }
    return std::nullopt;
}

} // namespace

void take_note(
    server_record& server, result_of_claim const& result, planning::pipelining const& pipelined, bool is_limited,
    time_point now)
{
    auto const is_dead = was_dead(result, is_limited);
    if (!is_dead)
        return;
    auto const& outcome = result.outcome;
    auto const is_measured = !is_limited && outcome.bytes != 0 && outcome.took > planning::duration{} &&
                             (outcome.bytes >= measured_size_min || outcome.took >= measured_time_min);
    server.note(now, [&](known_server& known) {
        known.was_dead = *is_dead;
        if (is_measured)
            server.measure(
                static_cast<double>(outcome.bytes) / std::chrono::duration<double>(outcome.took).count(), known);
        if (auto const goes_well = pipelined.goes_well())
            known.mishandles_pipelining = !*goes_well;
    });
}

} // namespace webseed::core
