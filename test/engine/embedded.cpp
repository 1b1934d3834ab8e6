#include "engine/embedded.hpp"

#include "support/torrents.hpp"
#include "torrent/digest.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace webseed::test {

namespace {

class shelf_storage final : public storage
{
public:
    explicit shelf_storage(shelf& holds)
        : holds_(holds)
    {}

    asio::awaitable<boost::system::result<std::vector<byte_range>>> open(diagnostics& cause) override
    {
        auto const error = holds_.on_open(cause);
        if (error)
            co_return error;
        co_return holds_.stored;
    }

    asio::awaitable<std::optional<known_content>> recall() override
    {
        if (!holds_.known)
            co_return std::nullopt;
        known_content known;
        for (char const each : *holds_.known)
            known.verified.push_back(each == '1');
        known.begun = holds_.begun;
        co_return known;
    }

    asio::awaitable<error_code> remember(known_content known) override
    {
        std::string picture;
        for (bool const each : known.verified)
            picture += each ? '1' : '0';
        holds_.told_begun = std::move(known.begun);
        if (holds_.before_remembering)
            co_await holds_.before_remembering();
        co_return holds_.on_remember(std::move(picture));
    }

    asio::awaitable<error_code> read(std::uint64_t offset, std::span<std::byte> buffer) override
    {
        auto const error = holds_.on_read();
        if (!error)
            std::memcpy(buffer.data(), holds_.bytes.data() + offset, buffer.size());
        co_return error;
    }

    asio::awaitable<error_code> write(std::uint64_t offset, std::span<std::byte const> bytes) override
    {
        if (holds_.before_writing)
            co_await holds_.before_writing();
        auto const error = holds_.on_write();
        if (!error)
            std::memcpy(holds_.bytes.data() + offset, bytes.data(), bytes.size());
        co_return error;
    }

    asio::awaitable<error_code> complete(diagnostics& cause) override { co_return holds_.on_complete(cause); }

    asio::awaitable<error_code> close(diagnostics& cause) override
    {
        ++holds_.closes;
        co_return holds_.on_close(cause);
    }

private:
    shelf& holds_;
};

std::string joined(std::vector<made_file> const& files)
{
    std::string all;
    for (auto const& file : files)
        all += file.content;
    return all;
}

engine_options options_of(world& outside, engine_options made)
{
    made.worker_executor = outside.context.get_executor();
    made.net = outside.net;
    made.time = outside.time;
    return made;
}

} // namespace

metainfo torrent_with(std::vector<made_file> const& files, std::uint64_t piece_length)
{
    std::vector<std::string> entries;
    for (auto const& file : files)
    {
        std::map<std::string, std::string> entry{{"length", encoded(file.content.size())}};
        if (file.name.empty())
            entry["attr"] = encoded("p");
        else
            entry["path"] = list_of_strings({file.name});
        entries.push_back(dictionary_of(entry));
    }
    auto const all = joined(files);
    std::string hashes;
    for (std::size_t at = 0; at < all.size(); at += piece_length)
    {
        auto const hash = torrent::sha1_of(bytes_of(std::string_view(all).substr(at, piece_length)));
        hashes.append(reinterpret_cast<char const*>(hash.data()), hash.size());
    }
    auto const info = dictionary_of({
        {"files", list_of(entries)},
        {"name", encoded("t")},
        {"piece length", encoded(piece_length)},
        {"pieces", encoded(hashes)},
    });
    return metainfo::parse(bytes_of(dictionary_of({{"info", info}}))).value();
}

server serving(std::vector<made_file> files)
{
    return [files = std::move(files)](request const& asked) {
        auto const found =
            std::ranges::find_if(files, [&](auto const& file) { return asked.target == "/t/" + file.name; });
        auto const answer =
            found != files.end() ? range_response(asked, found->content) : response("404 Not Found", "", "");
        return std::vector<step>{send_bytes{answer}};
    };
}

std::unique_ptr<storage> make_storage(shelf& holds, metainfo const& torrent)
{
    holds.bytes.resize(torrent.total_size());
    return std::make_unique<shelf_storage>(holds);
}

embedded::embedded(std::vector<made_file> made, std::uint64_t piece_length, engine_options how)
    : files(std::move(made))
    , torrent(torrent_with(files, piece_length))
    , on(outside.context.get_executor(), options_of(outside, std::move(how)))
{}

embedded::~embedded()
{
    if (is_started_ && !ended_)
    {
        running.close();
        run();
    }
}

void embedded::add_seed(std::string const& host, server answers)
{
    outside.net->serve(host, std::move(answers));
    urls_.push_back("http://" + host + "/");
}

void embedded::start()
{
    is_started_ = true;
    running = on.add(torrent, make_storage(holds, torrent), urls_, options);
    running.async_run([this](error_code error) { ended_ = error; });
}

error_code embedded::run()
{
    if (!is_started_)
        start();
    outside.run([this] { return has_ended(); });
    outside.settle();
    return ended_.value();
}

std::string embedded::content() const
{
    return joined(files);
}

std::vector<event> embedded::events()
{
    std::vector<event> told;
    auto is_waiting = false;
    asio::cancellation_signal enough;
    while (!is_waiting)
    {
        is_waiting = true;
        auto take = [&](error_code error, event happened) {
            if (error)
                return;
            told.push_back(std::move(happened));
            is_waiting = false;
        };
        running.async_next_event(asio::bind_cancellation_slot(enough.slot(), take));
        outside.settle();
    }
    enough.emit(asio::cancellation_type::total);
    outside.settle();
    return told;
}

} // namespace webseed::test
