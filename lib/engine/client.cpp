#include "engine/client.hpp"

#include "engine/connection_options.hpp"
#include "engine/throttled_sink.hpp"
#include "http/request_fields.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <utility>

namespace webseed::core {

namespace asio = boost::asio;

namespace {

// A seed's own server, where it leads, and one more: files may lie on several.
constexpr std::size_t line_count_max = 3;

// Whether a response says that what was remembered of the place is no longer true. That a server is busy doesn't.
bool is_stale(http::range_result const& response)
{
    return response.error && response.delivered == 0 && response.error != errc::overloaded &&
           response.error != asio::error::operation_aborted;
}

bool is_refusal(http::range_result const& response)
{
    return response.status == 401 || response.status == 403;
}

// A seed may send us around within itself, and to itself with TLS.
bool is_at_home(http::url const& to, http::url const& own)
{
    return http::is_same_origin(to, own) || (to.where().scheme == "https" && to.where().host == own.where().host);
}

// What earlier tries took, which counts as that of the last one.
struct expense
{
    std::uint64_t received = 0;
    unsigned connects = 0;
    unsigned requests = 0;

    void add_to(http::range_result& response) const
    {
        response.received += received;
        response.connects += connects;
        response.requests += requests;
    }
};

expense expense_of(http::range_result const& response)
{
    return {response.received, response.connects, response.requests};
}

} // namespace

// Whether a connection for the one may be used for the other: the policy would be asked the same.
bool client::hop::leads_as(hop const& other) const
{
    return to.where() == other.to.where() && has_query == other.has_query && number == other.number &&
           is_from_public == other.is_from_public;
}

client::client(client_parts parts, bool is_named_by_user)
    : parts_(parts)
    , is_named_by_user_(is_named_by_user)
    , connecting_(connection_options_of(parts.options))
{}

http::connection& client::line_to(hop const& to, http::url const& own)
{
    auto const same = [&to](auto const& each) { return each->first.leads_as(to); };
    auto const found = std::ranges::find_if(lines_, same);
    if (found != lines_.end())
    {
        std::rotate(lines_.begin(), found, found + 1);
        return lines_.front()->connection;
    }
    if (lines_.size() == line_count_max)
        lines_.pop_back();
    reach_question question;
    question.port = to.to.where().port;
    question.host = to.to.where().host;
    question.has_query = to.has_query;
    question.is_named_by_user = is_named_by_user_;
    question.hop = is_at_home(to.to, own) ? 0 : to.number;
    question.is_from_public = to.is_from_public;
    auto may_reach = [question, &policy = parts_.addresses](asio::ip::address const& address) {
        auto asked = question;
        asked.address = address;
        return policy(asked);
    };
    http::connection made(parts_.net, parts_.time, parts_.buffers, to.to.where(), connecting_, std::move(may_reach));
    lines_.insert(lines_.begin(), std::make_unique<line>(line{to, std::move(made)}));
    return lines_.front()->connection;
}

// A network that doesn't tell may be anything, and so is what stands behind a proxy.
bool client::is_public_there() const
{
    auto const& known = facts();
    return known.is_proxied || !known.address || is_public(*known.address);
}

// When the next request may be sent.
time_point client::turn_of(client_request const& request)
{
    auto turn = time_point::min();
    if (request.limits)
        turn = request.limits->due();
    if (request.pass)
        turn = std::max(turn, request.pass->reserve());
    return turn;
}

http::requests_ahead client::ahead_of(client_request const& request, hop const& at) const
{
    http::requests_ahead made;
    made.patience = request.patience;
    made.may_repeat = [pass = request.pass] { return !pass || !pass->is_paused(); };
    if (at.number != 0 || parts_.options.more_headers)
        return made;
    made.requests.reserve(request.ahead.size());
    for (auto const& each : request.ahead)
    {
        auto& asked = made.requests.emplace_back(each.asked);
        asked.host_field = each.where.host_field();
        asked.target = each.where.target();
        asked.fields = http::fields_for(each.where, each.where, is_named_by_user_, parts_.options);
    }
    return made;
}

void client::close_ahead() noexcept
{
    for (auto const& each : lines_)
        if (each->connection.has_under_way())
            each->connection.close();
}

// Returns whether it may be asked now.
asio::awaitable<bool>
client::ask(client_request const& request, hop const& at, http::body_sink& sink, http::range_result& response)
{
    header_question question;
    if (parts_.options.more_headers)
        question.url = at.to.full();
    question.is_named_by_user = is_named_by_user_;
    question.hop = at.number;
    for (;;)
    {
        auto asked = request.asked;
        asked.host_field = at.to.host_field();
        asked.target = at.to.target();
        asked.fields = http::fields_for(at.to, request.where, is_named_by_user_, parts_.options);
        if (parts_.options.more_headers)
        {
            auto more = co_await parts_.options.more_headers(question);
            http::replace(asked.fields, std::move(more));
        }
        auto const turn = turn_of(request);
        if (turn > parts_.time.now())
            co_await parts_.time.sleep_until(turn);
        auto const is_second = question.refused_status != 0;
        if (request.pass && request.pass->is_paused())
            co_return is_second; // meanwhile the host has said that it wants to be left alone
        auto& connection = line_to(at, request.where);
        auto const before = expense_of(response);
        co_await connection.fetch(asked, sink, response, ahead_of(request, at));
        if (response.is_put_off)
            co_return false;
        before.add_to(response);
        if (!parts_.options.more_headers || is_second || !is_refusal(response))
            co_return true;
        question.refused_status = response.status;
    }
}

asio::awaitable<void> client::fetch(client_request const& request, http::body_sink& sink, client_result& got)
{
    if (!request.limits || !request.limits->is_limited())
        return follow(request, sink, got);
    return fetch_slowly(request, sink, got);
}

asio::awaitable<void> client::fetch_slowly(client_request const& request, http::body_sink& sink, client_result& got)
{
    throttled_sink slow(sink, *request.limits, parts_.time);
    co_await follow(request, slow, got);
}

asio::awaitable<void> client::follow(client_request const& request, http::body_sink& sink, client_result& got)
{
    hop at{request.where, 0, false, request.has_own_query};
    std::optional<http::redirect_memory::target> remembered;
    if (request.known)
        remembered = request.known->find(request.file, parts_.time.now());
    if (remembered)
        at = {remembered->where, remembered->hops, remembered->is_from_public, remembered->where.has_query()};
    std::vector<std::string> visited; // once somebody leads us on
    auto keep_until = time_point::max();
    auto& response = got.response;
    expense before;
    for (;;)
    {
        response = {};
        got.was_admitted = false;
        if (!request.pass || (request.pass->moves_to(at.to.where()) && !request.pass->is_paused()))
            got.was_admitted = co_await ask(request, at, sink, response);
        before.add_to(response);
        if (!got.was_admitted)
        {
            // Whoever comes back when there is room there needn't ask for the way again.
            if (request.known && !remembered && at.number != 0)
                request.known->remember(request.file, {at.to, at.is_from_public, at.number}, keep_until);
            break;
        }
        if (response.moved && response.error != errc::redirect_refused)
        {
            if (visited.empty())
                visited.push_back(at.to.full());
            auto const is_new = std::ranges::find(visited, response.moved->target.full()) == visited.end();
            if (at.number < parts_.options.redirect_count_max && is_new)
            {
                keep_until = std::min(keep_until, parts_.time.now() + response.moved->lifetime);
                auto const& to = response.moved->target;
                at = {to, at.number + 1, at.is_from_public || is_public_there(), to.has_query()};
                visited.push_back(at.to.full());
                before = expense_of(response);
                continue;
            }
            response.error = errc::redirect_limit;
        }
        if (remembered && is_stale(response))
        {
            request.known->forget(request.file);
            remembered.reset();
            keep_until = time_point::max();
            at = {request.where, 0, false, request.has_own_query};
            visited.clear();
            before = expense_of(response);
            continue;
        }
        if (request.known && !remembered && at.number != 0 && !response.error)
            request.known->remember(request.file, {at.to, at.is_from_public, at.number}, keep_until);
        break;
    }
    got.where = std::move(at.to);
    got.redirects = at.number;
}

} // namespace webseed::core
