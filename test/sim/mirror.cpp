#include "sim/mirror.hpp"

#include "support/scripts.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/error_category.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace webseed::test::sim {

using namespace std::chrono_literals;

namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(answer::count_)> answer_names = {
    "right",
    "right_chunked",
    "right_after_interim",
    "right_then_close",
    "right_then_vanish",
    "reset_at_once",
    "close_at_once",
    "silence",
    "reset_within",
    "short_body",
    "silence_within",
    "drip",
    "cut_chunks",
    "less_than_asked",
    "whole_file",
    "longer_than_said",
    "wrong_range",
    "wrong_total",
    "other_length",
    "bad_chunks",
    "other_version",
    "unasked",
    "corrupt",
    "stale",
    "not_found",
    "forbidden",
    "no_such_range",
    "broken",
    "busy",
    "busy_retry_after",
    "redirect_dead",
    "redirect_loop",
    "redirect_chain",
    "redirect_nowhere",
    "redirect_away",
    "redirect_inside",
    "no_content",
    "encoded",
    "endless_head",
    "endless_interim",
    "garbage",
};

constexpr std::array<std::string_view, static_cast<std::size_t>(connecting::count_)> connecting_names = {
    "right", "refused", "unreachable", "swallowed", "no_name", "no_trust", "stranger",
};

// What OpenSSL's errors look like to those who only pass them on.
class trust_category final : public boost::system::error_category
{
public:
    char const* name() const noexcept override { return "tls"; }
    std::string message(int) const override { return "certificate verify failed"; }
};

error_code no_trust() noexcept
{
    static trust_category const category;
    return {1, category};
}

std::string range_field(std::uint64_t first, std::uint64_t size, std::uint64_t total)
{
    return "Content-Range: bytes " + std::to_string(first) + '-' + std::to_string(first + size - 1) + '/' +
           std::to_string(total) + "\r\n";
}

std::string length_field(std::uint64_t size)
{
    return "Content-Length: " + std::to_string(size) + "\r\n";
}

constexpr std::string_view unasked_answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
constexpr char const* tag = "\"first\"";
constexpr char const* other_tag = "ETag: \"second\"\r\n";

void append(std::vector<step>& steps, std::vector<step> more)
{
    steps.insert(steps.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

} // namespace

std::string_view name_of(answer how) noexcept
{
    return answer_names[static_cast<std::size_t>(how)];
}

std::string_view name_of(connecting how) noexcept
{
    return connecting_names[static_cast<std::size_t>(how)];
}

mirror::mirror(mirror_manner manner, surroundings around, dice chance, std::size_t number)
    : manner_(std::move(manner))
    , site_(std::move(around.content))
    , dice_(chance)
    , options_(around.options)
    , now_(std::move(around.now))
    , note_(std::move(around.note))
    , asked_(std::move(around.asked))
    , number_(number)
{}

connect_outcome mirror::connect()
{
    connect_outcome outcome;
    outcome.delay = manner_.latency;
    auto how = connecting::right;
    if (dice_.chance(manner_.connect_fault_percent))
    {
        how = static_cast<connecting>(dice_.between(1, static_cast<std::uint64_t>(connecting::count_) - 1));
        ++account_.faults;
    }
    switch (how)
    {
    case connecting::refused:
        outcome.error = asio::error::connection_refused;
        break;
    case connecting::unreachable:
        outcome.error = asio::error::host_unreachable;
        break;
    case connecting::swallowed:
        outcome.delay = duration::max();
        break;
    case connecting::no_name:
        outcome.error = errc::resolve_failed;
        break;
    case connecting::no_trust:
        outcome.error = no_trust();
        break;
    case connecting::stranger:
        outcome.stranger = [this](request const& asked) { return pose(asked); };
        break;
    default:
        break;
    }
    note_(manner_.host + ": connect: " + std::string(name_of(how)));
    return outcome;
}

// What somebody else answers in the mirror's place, who is glad to tell everybody the same. Where that is as long as
// what a script is asked for, the mirror is taken for one from then on.
std::vector<step> mirror::pose(request const& asked)
{
    constexpr std::string_view page = "<html>Who are you?</html>";
    if (manner_.speaks == speech::misnamed && site_->torrent.infohash_v1()) // else nobody asks for a script
    {
        auto const range = script_range(asked.target, site_->torrent);
        is_taken_for_script_ = is_taken_for_script_ || (range && range->size == page.size());
    }
    ++account_.faults;
    account_.bad_bytes += site_->torrent.piece_count(); // a file may be as long as the page
    account_.was_missing = true;
    note_(manner_.host + ": a stranger answers");
    return {pause_for{manner_.latency}, send_bytes{response("200 OK", "", std::string(page))}};
}

answer mirror::draw()
{
    if (!manner_.wrong.empty() && dice_.chance(manner_.wrong_percent))
        return manner_.wrong[dice_.below(manner_.wrong.size())];
    if (dice_.chance(manner_.variation_percent))
        return static_cast<answer>(dice_.between(1, static_cast<std::uint64_t>(answer::right_then_vanish)));
    return answer::right;
}

std::vector<step> mirror::respond_with_file(request const& asked)
{
    auto const* const file = site_->find(asked.target);
    if (!file)
    {
        ++account_.faults;
        account_.was_missing = true;
        note_(manner_.host + ": " + asked.target + ": no such file");
        return status_steps("404 Not Found");
    }
    auto const how = draw();
    auto const range = asked.range(file->size);
    account_.bytes_asked += range.size;
    note_(
        manner_.host + ": " + asked.target + ' ' + std::to_string(range.offset) + '+' + std::to_string(range.size) +
        ": " + std::string(name_of(how)));
    if (how >= answer::reset_at_once)
    {
        ++account_.faults;
        return wrong_steps(how, asked, *file);
    }
    return right_steps(how, right_reply(asked, *file, range));
}

std::vector<step> mirror::right_steps(answer how, reply made)
{
    if (how == answer::right_chunked)
        return in_time(chunked(made));
    if (how == answer::right_after_interim)
        return in_time("HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + made.text());
    if (how == answer::right)
        return in_time(made.text());
    ++account_.varied;
    ++account_.cut_off;
    if (how == answer::right_then_close)
        made.fields += "Connection: close\r\n";
    auto steps = in_time(made.text());
    if (how == answer::right_then_vanish && dice_.chance(50))
        steps.emplace_back(pause_for{std::chrono::milliseconds(dice_.below(100))});
    steps.emplace_back(end_stream{});
    return steps;
}

mirror::reply mirror::right_reply(request const& asked, file_entry const& file, byte_range range)
{
    reply made;
    made.body = site_->content.substr(file.offset + range.offset, range.size);
    made.status = "206 Partial Content";
    auto const version = asked.field("If-Range");
    auto const is_other = !version.empty() && version != tag;
    if (is_other)
    {
        ++account_.faults; // it said so itself once
        account_.page_bytes += range.offset;
        made.body = site_->content.substr(file.offset, file.size);
    }
    if (is_other || asked.field("Range").empty())
        made.status = "200 OK";
    else
        made.fields = range_field(range.offset, range.size, file.size);
    if (manner_.has_tags)
        made.fields += std::string("ETag: ") + tag + "\r\n";
    return made;
}

std::string mirror::reply::text() const
{
    return "HTTP/1.1 " + status + "\r\n" + fields + length_field(body.size()) + "\r\n" + body;
}

std::string mirror::chunked(reply const& made)
{
    constexpr char const* digits = "0123456789abcdef";
    auto text = "HTTP/1.1 " + made.status + "\r\n" + made.fields + "Transfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at != made.body.size();)
    {
        auto const size = std::min<std::size_t>(made.body.size() - at, dice_.between(1, made.body.size() / 4 + 1));
        std::string number;
        for (auto rest = size; rest != 0; rest /= 16)
            number.insert(number.begin(), digits[rest % 16]);
        text += number + "\r\n" + made.body.substr(at, size) + "\r\n";
        at += size;
    }
    return text + "0\r\n\r\n";
}

// After the latency, in a few portions, as fast as the mirror is. It begins at once.
std::vector<step> mirror::in_time(std::string const& bytes)
{
    std::vector<step> steps{pause_for{manner_.latency}};
    auto const count = dice_.between(1, 8);
    auto const portion = std::clamp<std::size_t>(bytes.size() / count, 1, 4 * manner_.rate);
    std::string part;
    for (std::size_t at = 0; at < bytes.size(); at += part.size())
    {
        part = bytes.substr(at, at == 0 ? std::min<std::size_t>(portion, manner_.rate / 8 + 1) : portion);
        steps.emplace_back(pause_for{std::chrono::nanoseconds(part.size() * 1'000'000'000 / manner_.rate)});
        steps.emplace_back(send_bytes{part});
    }
    return steps;
}

std::vector<step> mirror::status_steps(std::string const& status, std::string const& fields)
{
    std::string const page = dice_.chance(50) ? "" : "<html>sorry</html>";
    account_.page_bytes += page.size();
    return in_time(response(status, fields, page));
}

std::vector<step> mirror::wrong_steps(answer how, request const& asked, file_entry const& file)
{
    auto made = right_reply(asked, file, asked.range(file.size));
    if (how <= answer::cut_chunks)
        return broken_off_steps(how, made);
    if (how != answer::corrupt && how != answer::stale)
        account_.page_bytes += made.body.size(); // which may be read only to be dropped
    if (how <= answer::stale)
        return misleading_steps(how, asked, file, std::move(made));
    return refusal_steps(how, asked, made.text());
}

// Answers that begin rightly and don't end so, if they begin at all.
std::vector<step> mirror::broken_off_steps(answer how, reply const& made)
{
    ++account_.cut_off;
    auto const right = made.text();
    auto const head_size = right.size() - made.body.size();
    auto const within = right.substr(0, head_size + dice_.below(made.body.size()));
    auto steps = in_time(within);
    switch (how)
    {
    case answer::reset_at_once:
        return {pause_for{manner_.latency}, reset_stream{}};
    case answer::close_at_once:
        return {pause_for{manner_.latency}, end_stream{}};
    case answer::silence:
        return {};
    case answer::silence_within:
        return steps;
    case answer::reset_within:
        steps.emplace_back(reset_stream{});
        return steps;
    case answer::cut_chunks:
    {
        auto const whole = chunked(made);
        steps = in_time(whole.substr(0, whole.size() - dice_.between(1, made.body.size() + 7)));
        break;
    }
    case answer::drip:
        steps = in_time(right.substr(0, head_size));
        for (auto const byte : made.body.substr(0, 60))
            append(steps, {pause_for{5s}, send_bytes{std::string(1, byte)}});
        return steps;
    default: // short_body
        break;
    }
    steps.emplace_back(end_stream{});
    return steps;
}

// Whole answers, but not to what was asked, or not with the right bytes.
std::vector<step> mirror::misleading_steps(answer how, request const& asked, file_entry const& file, reply made)
{
    auto const range = asked.range(file.size);
    auto const right = made.text();
    made.status = "206 Partial Content";
    switch (how)
    {
    case answer::less_than_asked:
        made.body.resize(dice_.between(1, made.body.size()));
        made.fields = range_field(range.offset, made.body.size(), file.size);
        break;
    case answer::whole_file:
        account_.page_bytes += range.offset;
        made.body = site_->content.substr(file.offset, file.size);
        made.status = "200 OK";
        made.fields.clear();
        break;
    case answer::longer_than_said:
        surplus_ = dice_.between(1, 100);
        return in_time(right + std::string(surplus_, 'x'));
    case answer::wrong_range:
        made.fields = range_field(range.offset + 1, range.size, file.size + 1);
        break;
    case answer::wrong_total:
        made.fields = range_field(range.offset, range.size, file.size + dice_.between(1, 9));
        break;
    case answer::other_length:
        made.fields = range_field(range.offset, range.size, file.size);
        made.fields += length_field(made.body.size() + dice_.between(1, 9));
        break;
    case answer::bad_chunks:
        made.fields += "Transfer-Encoding: chunked\r\n\r\n";
        return in_time("HTTP/1.1 200 OK\r\n" + made.fields + (dice_.chance(50) ? "fffffffffffffffff\r\n" : "x\r\n"));
    case answer::other_version:
        made.fields = other_tag;
        if (asked.field("If-Range").empty() || dice_.chance(50))
            made.fields += range_field(range.offset, range.size, file.size);
        else
        {
            account_.page_bytes += range.offset;
            made.body = site_->content.substr(file.offset, file.size);
            made.status = "200 OK";
        }
        break;
    case answer::unasked:
        surplus_ = unasked_answer.size();
        return in_time(right + std::string(unasked_answer));
    default: // corrupt, stale
        return wrong_bytes_steps(how, right_reply(asked, file, range));
    }
    return in_time(made.text());
}

std::vector<step> mirror::wrong_bytes_steps(answer how, reply made)
{
    if (how == answer::stale)
    {
        account_.bad_bytes += site_->torrent.piece_count(); // all that it sends
        made.body.assign(made.body.size(), '\0');
        return in_time(made.text());
    }
    for (auto count = dice_.between(1, 3); count != 0; --count)
    {
        ++account_.bad_bytes;
        made.body[dice_.below(made.body.size())] ^= static_cast<char>(dice_.between(1, 127));
    }
    return in_time(made.text());
}

// Answers that bring nothing of use, whatever was asked.
std::vector<step> mirror::refusal_steps(answer how, request const& asked, std::string const& right)
{
    if (how >= answer::redirect_dead && how <= answer::redirect_inside)
        return mislead(how, asked);
    switch (how)
    {
    case answer::not_found:
        account_.was_missing = true;
        return status_steps(dice_.chance(50) ? "404 Not Found" : "410 Gone");
    case answer::forbidden:
        account_.was_missing = true;
        return status_steps(dice_.chance(50) ? "403 Forbidden" : "401 Unauthorized");
    case answer::no_such_range:
        account_.was_missing = true;
        return status_steps("416 Range Not Satisfiable", "Content-Range: bytes */0\r\n");
    case answer::broken:
        return status_steps(dice_.chance(50) ? "500 Internal Server Error" : "502 Bad Gateway");
    case answer::busy:
        account_.was_busy = true;
        if (manner_.speaks == speech::script)
            return in_time(response("503 Service Unavailable", "", draw_wish()));
        return status_steps("503 Service Unavailable");
    case answer::busy_retry_after:
        account_.was_busy = true;
        return status_steps("429 Too Many Requests", "Retry-After: " + draw_wish() + "\r\n");
    case answer::no_content:
        return in_time("HTTP/1.1 204 No Content\r\n\r\n");
    case answer::encoded:
        return in_time(
            right.substr(0, right.find("\r\n") + 2) + "Content-Encoding: gzip\r\n" +
            right.substr(right.find("\r\n") + 2));
    case answer::endless_head:
    {
        std::string head = "HTTP/1.1 206 Partial Content\r\n";
        for (int i = 0; i != 1000; ++i)
            head += "X-" + std::to_string(i) + ": and so on, and so on\r\n";
        return in_time(head);
    }
    case answer::endless_interim:
    {
        std::string heads;
        for (int i = 0; i != 20; ++i)
            heads += "HTTP/1.1 102 Processing\r\n\r\n";
        return in_time(heads);
    }
    default: // garbage
        return in_time(std::string("\x15\x03\x01\x00\x02\x02\x0a", 7));
    }
}

} // namespace webseed::test::sim
