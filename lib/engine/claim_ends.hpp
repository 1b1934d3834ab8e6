// Ends of the work on a claim that no response tells of.
#pragma once

#include "engine/download_state.hpp"

#include <boost/asio/error.hpp>

#include <string>

namespace webseed::core {

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

} // namespace webseed::core
