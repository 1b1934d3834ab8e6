// A whole download from a few servers that do whatever the bytes say.
#include "engine/scene.hpp"
#include "fuzz/input.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>

namespace webseed::test {

namespace {

// Draws what a server answers. When the bytes are used up, it is honest, so that everything ends.
class server_script
{
public:
    server_script(input& drawn, std::string const& content)
        : drawn_(drawn)
        , content_(content)
    {}

    std::vector<step> answer(request const& asked)
    {
        std::vector<step> steps;
        auto const text = bytes_for(asked);
        for (std::size_t at = 0; at != text.size();)
        {
            if (drawn_.once_in(4))
                steps.push_back(pause_for{std::chrono::milliseconds(drawn_.number(0, 40'000))});
            if (drawn_.once_in(16))
                break;
            auto const size = drawn_.flag() ? drawn_.number(1, text.size() - at) : text.size() - at;
            steps.push_back(send_bytes{text.substr(at, size)});
            at += size;
        }
        if (drawn_.once_in(8))
            steps.push_back(end_stream{});
        else if (drawn_.once_in(8))
            steps.push_back(reset_stream{});
        return steps;
    }

private:
    std::string bytes_for(request const& asked)
    {
        auto const range = asked.range(content_.size());
        auto body = content_.substr(range.offset, range.size);
        switch (drawn_.number(0, 13))
        {
        case 1: // wrong
            body[drawn_.number(0, body.size() - 1)] ^= static_cast<char>(drawn_.number(1, 255));
            return partial(range, body);
        case 2: // less than was asked for
            body.resize(drawn_.number(1, body.size()));
            return partial({range.offset, body.size()}, body);
        case 3: // something else than was asked for
            return partial({drawn_.number(0, content_.size()), drawn_.number(1, content_.size())}, body);
        case 4: // a body of another size than the head says
            return partial(
                range, body.substr(0, drawn_.number(0, body.size())) + std::string(drawn_.number(0, 9), '?'));
        case 5:
            return response("404 Not Found", "", "gone");
        case 6:
            return response("503 Busy", "Retry-After: " + std::to_string(drawn_.number(0, 2000)) + "\r\n", "");
        case 7:
            return response(std::to_string(drawn_.number(90, 610)) + " What", "Location: /\r\n", body);
        case 8:
            return response("200 OK", "", content_);
        case 9:
            return chunked(range, body);
        case 10: // an answer, and another one that nobody asked for
            return range_response(asked, content_) + partial(range, std::string(body.size(), '?'));
        case 11: // no HTTP
            return std::string(drawn_.until("\n"));
        case 12: // no end of a head
            return "HTTP/1.1 206 OK\r\nX: " + std::string(drawn_.number(0, 20'000), 'x');
        case 13: // nothing
            return {};
        default:
            return range_response(asked, content_);
        }
    }

    std::string partial(byte_range range, std::string const& body) const
    {
        auto const field = "Content-Range: bytes " + std::to_string(range.offset) + '-' +
                           std::to_string(range.end() - 1) + '/' + std::to_string(content_.size()) + "\r\n";
        return "HTTP/1.1 206 Partial Content\r\n" + field + "Content-Length: " + std::to_string(range.size) +
               "\r\n\r\n" + body;
    }

    std::string chunked(byte_range range, std::string const& body)
    {
        constexpr std::string_view digits = "0123456789abcdef";
        auto text = "HTTP/1.1 206 OK\r\nTransfer-Encoding: chunked\r\nContent-Range: bytes " +
                    std::to_string(range.offset) + '-' + std::to_string(range.end() - 1) + "/*\r\n\r\n";
        for (std::size_t at = 0; at != body.size();)
        {
            auto const size = std::min<std::size_t>(drawn_.number(1, 15), body.size() - at);
            text.append(1, digits[size]).append("\r\n").append(body, at, size).append("\r\n");
            at += size;
        }
        return text + (drawn_.once_in(4) ? "zz" : "0\r\n\r\n");
    }

    input& drawn_;
    std::string const& content_;
};

// A scene, played until nothing is left to happen in it.
class play
{
public:
    explicit play(input& drawn)
        : drawn_(drawn)
        , scene_(static_cast<std::uint32_t>(drawn.number(1, 12)), drawn.number(1, 4))
        , script_(drawn, scene_.content)
    {
        scene_.options.requesters_per_seed = static_cast<unsigned>(drawn.number(1, 3));
        for (auto count = drawn.number(1, 3); count != 0; --count)
            add_seed("s" + std::to_string(count));
        has_honest_seed_ = drawn.flag();
        if (has_honest_seed_)
            scene_.add_good_seed("honest");
        if (drawn.once_in(4))
            put_something_into_storage();
        if (drawn.once_in(8))
            scene_.store->write_time = std::chrono::milliseconds(drawn.number(0, 100));
        if (drawn.once_in(16))
            let_storage_fail();
    }

    void run()
    {
        scene_.start();
        if (drawn_.once_in(4))
            interfere();
        scene_.run();
        check();
    }

private:
    void add_seed(std::string const& host)
    {
        if (!drawn_.once_in(8))
            return scene_.add_seed(host, [this](request const& asked) { return script_.answer(asked); });
        auto const delay = std::chrono::milliseconds(drawn_.number(0, 30'000));
        scene_.outside.net->refuse(host, asio::error::connection_refused, delay);
        scene_.add_seed_url(host);
    }

    void put_something_into_storage()
    {
        auto const offset = drawn_.number(0, scene_.content.size() - 1);
        auto const size = drawn_.number(1, scene_.content.size() - offset);
        scene_.store->stored.push_back({offset, size});
        scene_.store->bytes.replace(offset, size, scene_.content, offset, size);
        if (drawn_.flag())
            scene_.store->bytes[offset + drawn_.number(0, size - 1)] ^= 1;
    }

    void let_storage_fail()
    {
        fails_ = true;
        scene_.store->on_write = [left = drawn_.number(0, 20)](std::uint64_t) mutable {
            return left == 0 ? error_code(errc::disk_full) : (--left, error_code());
        };
    }

    // Something happens from outside while it runs.
    void interfere()
    {
        scene_.outside.run_for(std::chrono::milliseconds(drawn_.number(0, 60'000)));
        scene_.settle();
        if (drawn_.flag())
            scene_.session->close_seed("http://s1/f");
        else
        {
            is_closed_ = true;
            scene_.close();
        }
    }

    void check()
    {
        require(scene_.has_ended(), "it ends");
        auto const error = scene_.error();
        auto const is_complete = scene_.store->bytes == scene_.content;
        auto const got = scene_.session->snapshot();
        for (std::uint32_t i = 0; auto const piece : scene_.picture())
        {
            auto const at = i++ * scene::piece_length;
            auto const is_right =
                scene_.store->bytes.compare(at, scene::piece_length, scene_.content, at, scene::piece_length) == 0;
            require(piece != 'V' || is_right, "what is verified is right in the storage");
        }
        auto const active = scene_.look([](core::download_state& state) { return state.plan().active_claim_count(); });
        require(active == 0, "nobody holds a claim after the end");
        require(error.failed() == (got.pieces_verified != got.pieces), "it succeeds if all is verified");
        require(error || is_complete, "if it succeeds, all is in the storage");
        if (has_honest_seed_ && !is_closed_ && !fails_)
            require(!error, "one honest seed is enough");
        require(scene_.store->opens == 1 && scene_.store->closes == 1, "the storage is opened and closed once");
        require(scene_.outside.net->live_streams() == 0, "no stream is left open");
        require(got.bytes_verified <= got.bytes_received + got.bytes_kept, "what is verified was received or kept");
        std::uint64_t received = 0;
        for (auto const& seed : got.seeds)
            received += seed.bytes_received;
        require(received == got.bytes_received, "every byte was received from somebody");
        auto const time = scene_.outside.time->now() - time_point(std::chrono::hours(1));
        require(
            !has_honest_seed_ || time < std::chrono::hours(2), "with an honest seed it takes no longer than it must");
    }

    input& drawn_;
    scene scene_;
    server_script script_;
    bool has_honest_seed_ = false;
    bool is_closed_ = false;
    bool fails_ = false;
};

} // namespace

void fuzz(std::span<std::byte const> bytes)
{
    input drawn(bytes);
    play(drawn).run();
}

} // namespace webseed::test
