#include "support/answers.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace webseed::test {

namespace {

std::string field_lines(header_fields const& fields)
{
    std::string lines;
    for (auto const& [name, value] : fields)
        lines += name + ": " + value + "\r\n";
    return lines;
}

std::string content_range(byte_range range, std::size_t size)
{
    return "bytes " + std::to_string(range.offset) + '-' + std::to_string(range.end() - 1) + '/' + std::to_string(size);
}

// The head of a 206 or 200 without its length and the empty line.
std::string range_head(request const& asked, std::size_t size)
{
    if (asked.field("Range").empty())
        return "HTTP/1.1 200 OK\r\n";
    return "HTTP/1.1 206 Partial Content\r\nContent-Range: " + content_range(asked.range(size), size) + "\r\n";
}

std::string body_of(request const& asked, std::string const& content)
{
    auto const range = asked.range(content.size());
    return content.substr(range.offset, range.size);
}

std::vector<step> say(std::string bytes)
{
    std::vector<step> steps;
    steps.emplace_back(send_bytes{std::move(bytes)});
    return steps;
}

// Where the body begins in what the first step sends.
std::size_t head_size(std::vector<step> const& steps)
{
    auto const* const begin = steps.empty() ? nullptr : std::get_if<send_bytes>(&steps.front());
    auto const end = begin ? begin->bytes.find("\r\n\r\n") : std::string::npos;
    if (end == std::string::npos)
        throw std::logic_error("the script doesn't begin with a whole head");
    return end + 4;
}

// The steps until `size` bytes of the body are sent, or all, and then `last`.
std::vector<step> cut(std::vector<step> steps, std::size_t size, std::vector<step> last)
{
    auto room = head_size(steps) + size;
    auto end = steps.begin();
    for (; end != steps.end() && room != 0; ++end)
        if (auto* const part = std::get_if<send_bytes>(&*end))
        {
            part->bytes.resize(std::min(part->bytes.size(), room));
            room -= part->bytes.size();
        }
    steps.erase(end, steps.end());
    std::ranges::move(last, std::back_inserter(steps));
    return steps;
}

server cutting(std::size_t size, server answers, step last)
{
    return [size, answers = std::move(answers), last = std::move(last)](request const& asked) {
        return cut(answers(asked), size, {last});
    };
}

server preceding(step first, server answers)
{
    return [first = std::move(first), answers = std::move(answers)](request const& asked) {
        auto steps = answers(asked);
        steps.insert(steps.begin(), first);
        return steps;
    };
}

server adding(server answers, step last)
{
    return [answers = std::move(answers), last = std::move(last)](request const& asked) {
        auto steps = answers(asked);
        steps.push_back(last);
        return steps;
    };
}

} // namespace

server serve(std::string content)
{
    return [content = std::move(content)](request const& asked) { return say(range_response(asked, content)); };
}

server status(unsigned code, header_fields fields, std::string body)
{
    return raw(response(std::to_string(code) + " Scripted", field_lines(fields), body));
}

server redirect_to(std::string url, unsigned code)
{
    return status(code, {{"Location", std::move(url)}}, "");
}

server chunked(std::string content, std::size_t chunk_size)
{
    return [content = std::move(content), chunk_size](request const& asked) {
        auto const body = body_of(asked, content);
        auto bytes = range_head(asked, content.size()) + "Transfer-Encoding: chunked\r\n\r\n";
        for (std::size_t at = 0; at < body.size(); at += chunk_size)
        {
            auto const chunk = body.substr(at, chunk_size);
            char size[20];
            std::snprintf(size, sizeof(size), "%zx\r\n", chunk.size());
            bytes += size + chunk + "\r\n";
        }
        return say(bytes + "0\r\n\r\n");
    };
}

server until_end(std::string content)
{
    auto answers = [content = std::move(content)](request const& asked) {
        return say(range_head(asked, content.size()) + "\r\n" + body_of(asked, content));
    };
    return then_hang_up(std::move(answers));
}

server whole_file(std::string content)
{
    return raw(response("200 OK", "", content));
}

server wrong_range(std::string content)
{
    return [content = std::move(content)](request const& asked) {
        auto range = asked.range(content.size());
        ++range.offset;
        auto const field = "Content-Range: " + content_range(range, content.size() + 1) + "\r\n";
        return say(response("206 Partial Content", field, (content + ' ').substr(range.offset, range.size)));
    };
}

server claim_range(std::string content, std::function<std::string(byte_range, std::size_t)> claim)
{
    return [content = std::move(content), claim = std::move(claim)](request const& asked) {
        auto const field = "Content-Range: " + claim(asked.range(content.size()), content.size()) + "\r\n";
        return say(response("206 Partial Content", field, body_of(asked, content)));
    };
}

server gzip(std::string content)
{
    return with_field("Content-Encoding", "gzip", serve(std::move(content)));
}

server interim_flood()
{
    return [](request const&) {
        std::vector<step> steps;
        steps.emplace_back(repeat_bytes{"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"});
        return steps;
    };
}

server endless_head()
{
    return [](request const&) {
        auto steps = say("HTTP/1.1 206 Partial Content\r\n");
        steps.emplace_back(repeat_bytes{"X-Padding: " + std::string(100, 'x') + "\r\n"});
        return steps;
    };
}

server endless_body()
{
    return [](request const& asked) {
        auto const range = asked.range(1);
        auto steps = say(range_head(asked, range.end()) + "\r\n");
        steps.emplace_back(repeat_bytes{std::string(16 * 1024, 'x')});
        return steps;
    };
}

server raw(std::string bytes)
{
    return [bytes = std::move(bytes)](request const&) { return say(bytes); };
}

server stall()
{
    return [](request const&) { return std::vector<step>(); };
}

server hang_up()
{
    return adding(stall(), end_stream{});
}

server reset()
{
    return adding(stall(), reset_stream{});
}

server truncate_after(std::size_t size, server answers)
{
    return cutting(size, std::move(answers), end_stream{});
}

server close_without_notify(std::size_t size, server answers)
{
    return cutting(size, std::move(answers), truncate_stream{});
}

server reset_after(std::size_t size, server answers)
{
    return cutting(size, std::move(answers), reset_stream{});
}

server stall_after(std::size_t size, server answers)
{
    return cutting(size, std::move(answers), pause_for{std::chrono::hours(24)});
}

server drip(std::size_t size, std::chrono::nanoseconds pause, server answers)
{
    return [size, pause, answers = std::move(answers)](request const& asked) {
        auto const whole = answers(asked);
        auto left = head_size(whole); // of the head
        std::vector<step> steps;
        for (auto const& each : whole)
        {
            auto const* const sent = std::get_if<send_bytes>(&each);
            if (!sent)
            {
                steps.push_back(each);
                continue;
            }
            auto at = std::exchange(left, 0);
            if (at != 0)
                steps.emplace_back(send_bytes{sent->bytes.substr(0, at)});
            for (; at < sent->bytes.size(); at += size)
            {
                steps.emplace_back(pause_for{pause});
                steps.emplace_back(send_bytes{sent->bytes.substr(at, size)});
            }
        }
        return steps;
    };
}

server delay(std::chrono::nanoseconds pause, server answers)
{
    return preceding(pause_for{pause}, std::move(answers));
}

server when(std::function<bool()> holds, server answers)
{
    return preceding(wait_until{std::move(holds)}, std::move(answers));
}

server corrupt(server answers)
{
    return [answers = std::move(answers)](request const& asked) {
        auto steps = answers(asked);
        for (auto at = steps.rbegin(); at != steps.rend(); ++at)
            if (auto* const last = std::get_if<send_bytes>(&*at); last && !last->bytes.empty())
            {
                last->bytes.back() = static_cast<char>(last->bytes.back() ^ 1);
                break;
            }
        return steps;
    };
}

server with_field(std::string name, std::string value, server answers)
{
    return [line = name + ": " + value + "\r\n", answers = std::move(answers)](request const& asked) {
        auto steps = answers(asked);
        auto const end = head_size(steps) - 2;
        std::get<send_bytes>(steps.front()).bytes.insert(end, line);
        return steps;
    };
}

server with_junk(std::string junk, server answers)
{
    return adding(std::move(answers), send_bytes{std::move(junk)});
}

server then_hang_up(server answers)
{
    return adding(std::move(answers), end_stream{});
}

server by_path(std::map<std::string, server> paths, server otherwise)
{
    return [paths = std::move(paths), otherwise = std::move(otherwise)](request const& asked) {
        auto const found = paths.find(asked.target.substr(0, asked.target.find('?')));
        return found == paths.end() ? otherwise(asked) : found->second(asked);
    };
}

server by_connection(std::vector<server> scripts)
{
    return [scripts = std::move(scripts)](request const& asked) {
        return scripts.at(std::min<std::uint64_t>(asked.connection, scripts.size() - 1))(asked);
    };
}

server when_ahead(server ahead, server otherwise)
{
    return [ahead = std::move(ahead), otherwise = std::move(otherwise)](request const& asked) {
        return asked.was_ahead ? ahead(asked) : otherwise(asked);
    };
}

sequence::sequence(server answers, unsigned times)
{
    parts_.push_back({std::move(answers), times});
}

sequence sequence::then(server answers, unsigned times) const
{
    auto longer = *this;
    longer.parts_.push_back({std::move(answers), parts_.back().end + times});
    return longer;
}

std::vector<step> sequence::operator()(request const& asked) const
{
    auto const number = count_->fetch_add(1);
    auto at = parts_.begin();
    while (at->end <= number && std::next(at) != parts_.end())
        ++at;
    return at->answers(asked);
}

} // namespace webseed::test
