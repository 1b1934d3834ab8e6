// Who may ask a mirror for what: only with the fields that are meant for it, not more at once than it can serve, and
// not while it is to be left alone.
#include "sim/mirror.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace webseed::test::sim {

using namespace std::chrono_literals;

namespace {

std::string base64_of(std::string const& bytes)
{
    constexpr char const* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    unsigned bits = 0;
    unsigned count = 0;
    for (auto const each : bytes)
    {
        bits = bits << 8 | static_cast<unsigned char>(each);
        for (count += 8; count >= 6; count -= 6)
            text += digits[bits >> (count - 6) & 63];
    }
    if (count != 0)
        text += digits[bits << (6 - count) & 63];
    return text.append((4 - text.size() % 4) % 4, '=');
}

std::string basic(std::string const& user, std::string const& password)
{
    return "Basic " + base64_of(user + ':' + password);
}

// Until the last byte is sent but those, for which nobody waits.
duration time_of(std::vector<step> const& steps, std::size_t surplus)
{
    std::size_t left = 0;
    for (auto const& each : steps)
        if (auto const* const bytes = std::get_if<send_bytes>(&each))
            left += bytes->bytes.size();
    left -= std::min(left, surplus);
    duration sum{};
    duration sent{};
    for (auto const& each : steps)
    {
        if (auto const* const pause = std::get_if<pause_for>(&each))
            sum += pause->time;
        auto const* const bytes = std::get_if<send_bytes>(&each);
        if (!bytes || left == 0)
            continue;
        sent = sum;
        left -= std::min(left, bytes->bytes.size());
    }
    return sent;
}

} // namespace

asio::ip::address mirror::address(std::string const& host)
{
    if (manner_.flips_inside && dice_.chance(50))
    {
        ++account_.faults;
        note_(host + ": is found inside");
        return asio::ip::make_address("192.168.1.1");
    }
    ++gates_[host].found_public;
    return asio::ip::make_address("93.184.216." + std::to_string(number_ + 1));
}

std::vector<step> mirror::respond(request const& asked, std::string const& host)
{
    ++account_.requests;
    account_.ahead += asked.was_ahead ? 1 : 0;
    check_fields(asked, host);
    check_gate(asked, host);
    auto& here = gates_[host];
    std::erase_if(here.under_way, [now = now_()](auto const& each) { return each.token.expired() || each.end <= now; });
    wish_.reset();
    surplus_ = 0;
    std::vector<step> steps;
    if (manner_.request_limit != 0 && here.under_way.size() >= manner_.request_limit)
        steps = refuse();
    else if (asked.was_ahead && manner_.ahead != when_ahead::answers)
        steps = answer_ahead(asked);
    else
        steps = answer_at(asked, host);
    count(steps, here, asked, host);
    return steps;
}

void mirror::complain(std::string what)
{
    note_(what);
    account_.complaints.push_back(std::move(what));
}

// It sees what is meant for it, and nothing else.
void mirror::check_fields(request const& asked, std::string const& host)
{
    if (asked.field("Host") != host)
        complain(host + ": is asked as " + asked.field("Host"));
    auto const is_users = manner_.speaks == speech::files && !manner_.is_from_torrent;
    auto const is_open = is_named_anew_ && !is_users && host == manner_.host;
    if (!is_open && asked.field("Authorization") != authorization_for(host))
        complain(host + ": is shown " + asked.field("Authorization") + ", and not " + authorization_for(host));
    for (auto const& each : options_.headers)
    {
        auto const meant = is_users && host == manner_.host ? each.value : std::string();
        if (!is_open && asked.field(each.name) != meant)
            complain(host + ": is shown the " + each.name + " \"" + asked.field(each.name) + '"');
    }
}

std::string mirror::authorization_for(std::string const& host) const
{
    auto const is_own = host == manner_.host;
    if (is_own && manner_.has_login)
        return basic("user", manner_.password());
    auto const is_users = is_own && manner_.speaks == speech::files && !manner_.is_from_torrent;
    std::string any;
    for (auto const& each : options_.logins)
    {
        if (each.host == host)
            return basic(each.user, each.password);
        if (each.host.empty() && is_users)
            any = basic(each.user, each.password);
    }
    return any;
}

void mirror::check_gate(request const& asked, std::string const& host)
{
    auto const& here = gates_[host];
    if (!is_named_anew_ && asked.connection >= here.found_public)
        complain(host + ": is asked though its address was inside");
    // Who was still connecting couldn't know, nor who had asked ahead; and what was sent into a dead connection is sent
    // once more.
    if (!asked.was_ahead && now_() > here.told + 2 * manner_.latency && now_() < here.closed_until)
        ++account_.hurried;
}

void mirror::forget_wishes()
{
    for (auto& [host, each] : gates_)
        each.closed_until = {};
}

// As a server does that can't take requests ahead. That costs a request each time, and nobody is to blame.
std::vector<step> mirror::answer_ahead(request const& asked)
{
    ++account_.varied;
    ++account_.cut_off;
    note_(manner_.host + ": " + asked.target + ": was asked ahead");
    if (manner_.ahead == when_ahead::ends)
        return {end_stream{}};
    if (manner_.ahead == when_ahead::ignores)
        return {pause_for{1h}, send_bytes{"late"}};
    auto const files = site_->torrent.files();
    auto const& other = files[dice_.below(files.size())];
    auto const* const file = site_->find(asked.target);
    if (manner_.ahead == when_ahead::mixes_up || !file)
    {
        account_.page_bytes += other.size;
        return in_time(response("200 OK", "", site_->content.substr(other.offset, other.size)));
    }
    auto made = right_reply(asked, *file, asked.range(file->size));
    account_.page_bytes += made.body.size();
    made.body.assign(made.body.size(), '#');
    return in_time(made.text());
}

std::vector<step> mirror::answer_at(request asked, std::string const& host)
{
    if (asked.target.starts_with("/-/"))
        return lead_on(asked);
    if (auto location = moved_to(asked, host); !location.empty())
        return send_to(location);
    if (asked.target.starts_with("/moved/"))
        asked.target.erase(0, 6);
    auto const query = asked.target.find('?');
    auto const is_for_script = asked.target.find("info_hash=") != std::string::npos;
    if (manner_.speaks == speech::script)
        return respond_as_script(asked);
    if (manner_.speaks == speech::misnamed && is_for_script)
        return respond_to_probe(asked);
    if (query != std::string::npos && host != manner_.host)
        asked.target.resize(query); // a signature
    return respond_with_file(asked);
}

std::vector<step> mirror::refuse()
{
    ++account_.refused;
    ++account_.faults;
    account_.was_busy = true;
    note_(manner_.host + ": is asked for too much at once");
    std::string fields;
    if (dice_.chance(50))
    {
        wish_ = std::chrono::seconds(dice_.between(1, 20));
        fields = "Retry-After: " + std::to_string(*wish_ / 1s) + "\r\n";
    }
    return status_steps("503 Service Unavailable", fields);
}

// For how long a busy mirror is to be left alone, as it says it itself.
std::string mirror::draw_wish()
{
    constexpr char const* vague[] = {"-1", "soon", "Wed, 21 Oct 2099 07:28:00 GMT"};
    constexpr unsigned clear[] = {0, 1, 7, 120, 100'000};
    if (dice_.chance(35))
        return vague[dice_.below(std::size(vague))];
    auto const count = clear[dice_.below(std::size(clear))];
    wish_ = std::chrono::seconds(count);
    return std::to_string(count);
}

// From when a wish has come, the host is to be left alone for as long as it says; but who had asked ahead may have
// dropped the connection before reading so far.
void mirror::count(std::vector<step>& steps, gate& here, request const& asked, std::string const& host)
{
    auto const token = std::make_shared<int>();
    here.under_way.push_back({token, now_() + time_of(steps, surplus_)});
    asked_(host, asked.connection, token, here.under_way.back().end);
    std::optional<duration> time;
    if (wish_)
    {
        time = std::min<duration>(*wish_, options_.retry_after_max);
        account_.wished += *time;
    }
    auto const has_come = [this, &here, time, token, is_heard = !asked.was_ahead] {
        if (!time)
            return true;
        note_("wants to be left alone");
        if (is_heard && now_() + *time > here.closed_until)
        {
            here.told = now_();
            here.closed_until = now_() + *time;
        }
        return true;
    };
    auto const ends = !steps.empty() && (std::holds_alternative<end_stream>(steps.back()) ||
                                         std::holds_alternative<reset_stream>(steps.back()));
    steps.insert(steps.end() - (ends ? 1 : 0), wait_until{has_come});
}

} // namespace webseed::test::sim
