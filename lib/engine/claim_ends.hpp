// Ends of the work on a claim that no response tells of, and what an end says about the host.
#pragma once

#include "engine/download_state.hpp"
#include "engine/response_meaning.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

namespace webseed::core {

/// Who serves only so many connections at a time may let the others wait: a claim that was stopped after this time, and
/// nothing had come of it, says that there are too many.
inline constexpr auto silence_of_full_hosts = std::chrono::seconds(2);

inline result_of_claim stopped()
{
    result_of_claim result;
    result.outcome.kind = planning::outcome_kind::stopped;
    result.error = boost::asio::error::operation_aborted;
    return result;
}

inline result_of_claim copy_failed()
{
    result_of_claim result;
    result.outcome.kind = planning::outcome_kind::copy_failed;
    return result;
}

inline result_of_claim internal_failure(std::string const& what)
{
    result_of_claim result;
    result.outcome.kind = planning::outcome_kind::failed;
    result.error = errc::internal;
    result.cause.message = "unexpected: " + what;
    return result;
}

/// What the end of a claim of the host's says about it.
/// @param received         bytes of bodies.
/// @param was_stopped      by the plan.
/// @param retry_after_max  its wish for a pause counts up to this.
inline planning::visit
visit_of(result_of_claim const& result, std::uint64_t received, bool was_stopped, planning::duration retry_after_max)
{
    planning::visit said;
    said.bytes = received;
    if (result.outcome.retry_after)
        said.retry_after = std::min(*result.outcome.retry_after, retry_after_max);
    if (received != 0 || result.error)
        said.kind = visit_kind_of(result.error, received);
    if (was_stopped && received == 0 && result.outcome.took >= silence_of_full_hosts)
        said.kind = planning::visit_kind::silent;
    if (said.retry_after && result.error == boost::asio::error::operation_aborted)
        said.kind = planning::visit_kind::refused; // which had been heard before the claim was stopped
    return said;
}

} // namespace webseed::core
