// What a mirror answers that is named as a script (BEP 17), and is one or isn't.
#include "sim/mirror.hpp"

#include "support/scripts.hpp"
#include "torrent/layout.hpp"

#include <iterator>
#include <utility>

namespace webseed::test::sim {

std::vector<step> mirror::respond_as_script(request const& asked)
{
    auto range = script_range(asked.target, site_->torrent);
    if (auto const ranges = asked.target.find("&ranges="); range && manner_.sends_whole && ranges != std::string::npos)
    {
        range = script_range(asked.target.substr(0, ranges), site_->torrent);
        ++account_.varied; // without a length it has to be asked again
    }
    if (!range)
    {
        // After a refusal it is taken for a file server, and has to refuse once more.
        ++account_.faults;
        account_.was_missing = true;
        note_(manner_.host + ": " + asked.target + ": not asked as a script");
        return status_steps(dice_.chance(50) ? "400 Bad Request" : "404 Not Found");
    }
    auto const how = draw();
    for (auto const& slice : torrent::layout(site_->torrent).slices(*range))
        (slice.pad ? account_.padding : account_.bytes_asked) += slice.size;
    note_(
        manner_.host + ": script " + std::to_string(range->offset) + '+' + std::to_string(range->size) + ": " +
        std::string(name_of(how)));
    reply made;
    made.status = "200 OK";
    made.body = site_->content.substr(range->offset, range->size);
    if (how < answer::reset_at_once)
        return right_steps(how, std::move(made));
    ++account_.faults;
    if (how <= answer::cut_chunks)
        return broken_off_steps(how, made);
    if (how <= answer::stale)
        return misleading_script_steps(how, std::move(made));
    account_.page_bytes += made.body.size(); // which may be read only to be dropped
    return refusal_steps(how, asked, made.text());
}

// A script knows but one length, and so answers are wrong in fewer ways than a file server's.
std::vector<step> mirror::misleading_script_steps(answer how, reply made)
{
    switch (how)
    {
    case answer::less_than_asked:
        made.body.resize(dice_.below(made.body.size()));
        break;
    case answer::whole_file:
        made.body = site_->content;
        break;
    case answer::bad_chunks:
        return in_time("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n");
    case answer::unasked:
        surplus_ = 41;
        return in_time(made.text() + "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
    case answer::longer_than_said:
        surplus_ = dice_.between(1, 100);
        return in_time(made.text() + std::string(surplus_, 'x'));
    case answer::corrupt:
    case answer::stale:
        return wrong_bytes_steps(how, std::move(made));
    case answer::wrong_range:
        lengthen(made);
        return in_time(chunked(made));
    default: // wrong_total, other_length
        lengthen(made);
        break;
    }
    return in_time(made.text());
}

// What is as long as a piece then may be taken for one, of which a part was asked for.
void mirror::lengthen(reply& made)
{
    made.body.append(dice_.between(1, 100), 'x');
    torrent::layout const pieces(site_->torrent);
    auto const last = static_cast<piece_index>(pieces.piece_count() - 1);
    if (made.body.size() == site_->torrent.piece_length() || made.body.size() == pieces.range_of(last).size)
        ++account_.bad_bytes;
}

// A file server is asked as a script would be: it knows no query, or nothing of that name.
std::vector<step> mirror::respond_to_probe(request const& asked)
{
    ++account_.probes;
    auto const how = draw();
    note_(manner_.host + ": asked as a script: " + std::string(name_of(how)));
    auto const is_page = how < answer::reset_at_once || (how > answer::cut_chunks && how <= answer::stale);
    account_.faults += !is_page || is_taken_for_script_ ? 1 : 0;
    if (is_page)
        return page_steps();
    reply page;
    page.status = "200 OK";
    page.body = std::string(site_->torrent.piece_length() + 1, '?');
    if (how <= answer::cut_chunks)
        return broken_off_steps(how, page);
    account_.page_bytes += page.body.size(); // likewise
    return refusal_steps(how, asked, page.text());
}

std::vector<step> mirror::page_steps()
{
    constexpr char const* refusals[] = {
        "400 Bad Request", "403 Forbidden", "404 Not Found", "405 Method Not Allowed", "410 Gone",
    };
    if (dice_.chance(50))
        return in_time(response(refusals[dice_.below(std::size(refusals))], "", ""));
    reply page;
    page.status = "200 OK";
    page.body = std::string(site_->torrent.piece_length() + dice_.between(1, 100), '?'); // no piece is that long
    if (!dice_.chance(manner_.variation_percent))
        return in_time(page.text());
    ++account_.varied; // it may be a piece instead of its part
    if (dice_.chance(70))
        return in_time(chunked(page));
    auto steps = in_time("HTTP/1.1 200 OK\r\n\r\n" + page.body);
    steps.emplace_back(end_stream{});
    return steps;
}

} // namespace webseed::test::sim
