#include "engine/response_meaning.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>

namespace webseed::core {

namespace asio = boost::asio;
using planning::outcome_kind;
using planning::visit_kind;

namespace {

constexpr std::uint64_t tiny_size = 1024; // a response that brings less brings next to nothing
constexpr unsigned tiny_count_max = 2;

bool is_reset(error_code error) noexcept
{
    return error == asio::error::connection_reset || error == asio::error::connection_aborted ||
           error == asio::error::broken_pipe;
}

} // namespace

outcome_kind kind_of(error_code error) noexcept
{
    if (error == asio::error::operation_aborted)
        return outcome_kind::stopped;
    if (error == errc::overloaded)
        return outcome_kind::busy;
    if (error == errc::content_changed)
        return outcome_kind::content_changed;
    if (error == errc::range_ignored)
        return outcome_kind::ranges_ignored;
    if (error == errc::not_found || error == errc::unauthorized || error == errc::range_mismatch ||
        error == errc::encoding_refused || error == errc::page_instead || error == errc::redirect_refused ||
        error == errc::redirect_limit)
        return outcome_kind::file_missing;
    return outcome_kind::failed;
}

visit_kind visit_kind_of(error_code error, std::uint64_t received) noexcept
{
    if (!error)
        return visit_kind::delivered;
    if (error == errc::overloaded)
        return visit_kind::refused;
    auto const is_timed_out = error == errc::connect_timed_out || error == errc::head_timed_out;
    if (is_timed_out && received == 0)
        return visit_kind::silent;
    auto const is_turned_away = error == errc::body_truncated && received == 0;
    if (is_timed_out || is_turned_away || is_reset(error) || error == asio::error::connection_refused ||
        error == asio::error::timed_out || error == errc::handshake_timed_out || error == errc::stalled)
        return visit_kind::reset;
    return visit_kind::neutral;
}

bool is_interruption(error_code error) noexcept
{
    return error == errc::body_truncated || error == errc::stalled || is_reset(error) ||
           error == asio::error::timed_out;
}

bool short_responses::may_go_on(http::range_result const& response, std::uint64_t size) noexcept
{
    if (response.error)
        return false;
    tiny_count_ = response.delivered < std::min(tiny_size, size) ? tiny_count_ + 1 : 0;
    return tiny_count_ < tiny_count_max;
}

std::string told_of_short(http::range_result const& response, std::uint64_t size)
{
    return "the server sends ranges in parts too small to go on with: " + std::to_string(response.delivered) +
           (response.delivered == 1 ? " byte of " : " bytes of ") + std::to_string(size);
}

bool is_of_other_form(http::range_result const& response) noexcept
{
    auto const error = response.error;
    return response.status >= 200 && response.status < 500 && response.status != 408 &&
           (error == errc::not_found || error == errc::unauthorized || error == errc::status_unexpected ||
            error == errc::range_mismatch || error == errc::range_ignored || error == errc::encoding_refused ||
            error == errc::page_instead || error == errc::redirect_refused || error == errc::redirect_limit);
}

bool brings_whole_piece(http::range_result const& response, std::uint64_t size) noexcept
{
    return response.brought_all || (response.error == errc::range_mismatch && response.delivered == size);
}

std::optional<std::chrono::seconds> wait_of(http::range_result const& response)
{
    auto const wait = http::parse_wait(response.refusal);
    return wait ? wait : response.retry_after;
}

} // namespace webseed::core
