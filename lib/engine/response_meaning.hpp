// What a response, or its absence, says: about the seed, about its host, about whether to go on. Pure.
#pragma once

#include "http/connection.hpp"
#include "plan/host_budget.hpp"
#include "plan/plan.hpp"

#include <chrono>
#include <optional>

namespace webseed::core {

/// What a failed response says about the seed.
planning::outcome_kind kind_of(error_code error) noexcept;

/// What the end of a response says about the host's wish to be asked.
planning::visit_kind visit_kind_of(error_code error) noexcept;

/// Whether the next try may well get further: the line broke, or the server sent less than was asked for.
bool is_interruption(error_code error) noexcept;

/// Whether the seed has answered, and not what a seed of this form answers: it may be of the other form. A server that
/// is in trouble says nothing about that.
bool is_of_other_form(http::range_result const& response) noexcept;

/// How long it wants to be left alone. A script says it in the body.
std::optional<std::chrono::seconds> wait_of(http::range_result const& response);

} // namespace webseed::core
