// Readers: bytes of a file at any time, while it is fetched or without that.
#include "engine/embedded.hpp"
#include "support/content.hpp"

#include <webseed/reader.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_at.hpp>

#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

using namespace webseed;
using namespace webseed::test;

namespace {

// Pieces of 16: 0 and 1 are of a; 1 to 3 of b; 3 of c.
std::vector<made_file> three_files()
{
    auto const text = letters(64);
    return {{"a", text.substr(0, 20)}, {"b", text.substr(20, 36)}, {"c", text.substr(56, 8)}};
}

// One read that has been begun.
struct one_read
{
    void begin(reader& from, std::uint64_t offset, std::size_t size)
    {
        text.assign(size, '?');
        from.async_read_some_at(
            offset, asio::buffer(text),
            asio::bind_cancellation_slot(stop.slot(), [this](error_code got, std::size_t n) {
                error = got;
                text.resize(n);
            }));
    }

    std::string text;
    std::optional<error_code> error;
    asio::cancellation_signal stop;
};

struct library
{
    explicit library(std::vector<made_file> files = three_files())
        : e(std::move(files))
    {
        e.add_good_seed("host");
        e.options.requesters_per_seed = 2;
    }

    void select(std::vector<file_index> const& wanted) { e.torrent = e.torrent.select(wanted); }

    // Starts with another storage than the usual one.
    void start_in(std::unique_ptr<storage> into)
    {
        e.running = e.on.add(e.torrent, std::move(into), {"http://host/"}, e.options);
        e.running.async_run([this](error_code error) { ended = error; });
    }

    reader open(std::uint32_t file, reader_options options = {})
    {
        return e.running.open_reader(file_index{file}, options).value();
    }

    // What is there, or the error.
    std::string read(reader& from, std::uint64_t offset, std::size_t size)
    {
        one_read one;
        one.begin(from, offset, size);
        e.outside.run([&] { return one.error.has_value(); });
        if (!one.error)
            return "nothing happens";
        return *one.error ? one.error->message() : one.text;
    }

    std::size_t requests() const { return e.outside.net->log().size(); }

    embedded e;
    std::optional<error_code> ended; // only after start_in()
};

std::string closed()
{
    return error_code(errc::closed).message();
}

} // namespace

TEST_CASE("a reader reads what is there, and what isn't once it is verified")
{
    library l;
    l.e.options.stays = true;
    l.e.start();
    auto b = l.open(1);
    auto const& content = l.e.files[1].content;
    CHECK(b.size() == 36);
    CHECK(b.get_executor() == l.e.on.get_executor());
    CHECK(l.read(b, 3, 5) == content.substr(3, 5));
    CHECK(l.read(b, 0, 100) == content);
    CHECK(l.read(b, 35, 9) == content.substr(35));
    CHECK(l.read(b, 36, 1) == error_code(asio::error::eof).message());
    CHECK(l.read(b, 0, 0).empty());
    l.e.outside.settle();
    CHECK(!l.e.has_ended());
    CHECK(l.e.holds.bytes == l.e.content());
    auto const asked = l.requests();
    CHECK(l.read(b, 10, 20) == content.substr(10, 20));
    CHECK(l.requests() == asked);
    l.e.running.close();
    CHECK(l.e.run() == error_code());
    CHECK(l.read(b, 3, 5) == closed());
}

TEST_CASE("there are readers of files, but not of padding, nor of what isn't there")
{
    embedded e({{"a", letters(10)}, padding(6), {"b", letters(3)}, {"empty", ""}});
    e.start();
    CHECK(e.running.open_reader(file_index{1}).error() == errc::option_invalid);
    CHECK(e.running.open_reader(file_index{4}).error() == errc::option_invalid);
    CHECK(e.running.set_wanted(file_index{1}, true) == errc::option_invalid);
    CHECK(e.running.set_wanted(file_index{4}, true) == errc::option_invalid);
    CHECK(e.running.open_reader(file_index{2}).value().size() == 3);
    CHECK(e.running.open_reader(file_index{3}).value().size() == 0);
}

TEST_CASE("of a file that nobody selected just those pieces are fetched that are read")
{
    library l({{"a", letters(16)}, {"b", letters(160)}});
    l.select({file_index{0}});
    l.e.options.stays = true;
    l.e.start();
    auto b = l.open(1);
    CHECK(l.read(b, 70, 4) == letters(160).substr(70, 4));
    l.e.outside.settle();
    CHECK(l.requests() == 2);
    auto const now = l.e.running.stats();
    CHECK(now.pieces_verified == 2);
    CHECK(now.pieces == 2);
    CHECK(now.bytes_received == 32);
}

TEST_CASE("without staying a download ends when all that is wanted is verified, also what is read")
{
    library l({{"a", letters(16)}, {"b", letters(160)}});
    l.select({file_index{0}});
    l.e.start();
    auto b = l.open(1);
    one_read one;
    one.begin(b, 20, 4);
    CHECK(l.e.run() == error_code());
    CHECK(one.error == error_code());
    CHECK(one.text == letters(160).substr(20, 4));
    CHECK(l.read(b, 20, 4) == closed());
    CHECK(l.e.running.open_reader(file_index{0}).has_value());
}

TEST_CASE("asio reads a whole file with one call, at a place and as a stream")
{
    library l({{"a", letters(16)}, {"b", letters(100'000)}});
    l.e.options.stays = true;
    l.e.start();
    std::string got(99'000, '?');
    auto done = 0;
    auto b = l.open(1);
    asio::async_read_at(b, 500, asio::buffer(got), [&](error_code error, std::size_t size) {
        CHECK(!error);
        CHECK(size == got.size());
        ++done;
    });
    reader_stream stream(l.open(1), 7);
    std::string streamed;
    asio::async_read(stream, asio::dynamic_buffer(streamed), [&](error_code error, std::size_t) {
        CHECK(error == asio::error::eof);
        ++done;
    });
    l.e.outside.run([&] { return done == 2; });
    CHECK(got == letters(100'000).substr(500, 99'000));
    CHECK(streamed == letters(100'000).substr(7));
    CHECK(stream.position() == 100'000);
    CHECK(stream.size() == 100'000);
    stream.seek(99'998);
    std::string last(2, '?');
    asio::async_read(stream, asio::buffer(last), [&](error_code error, std::size_t) { done += !error; });
    l.e.outside.run([&] { return done == 3; });
    CHECK(last == letters(100'000).substr(99'998));
    CHECK(l.e.running.stats().bytes_received == 100'016); // once
}

TEST_CASE("several readers of the same bytes cause one fetch, and cancelling one hurts no other")
{
    for (auto const type :
         {asio::cancellation_type::terminal, asio::cancellation_type::partial, asio::cancellation_type::total})
    {
        library l({{"a", letters(16)}, {"b", letters(160)}});
        l.select({file_index{0}});
        l.e.options.stays = true;
        l.e.start();
        auto first = l.open(1);
        auto second = l.open(1);
        one_read one, two, three;
        one.begin(first, 32, 8);
        two.begin(second, 33, 8);
        three.begin(first, 34, 8);
        one.stop.emit(type);
        l.e.outside.run([&] { return two.error && three.error && one.error; });
        CHECK(one.error == asio::error::operation_aborted);
        CHECK(two.text == letters(160).substr(33, 8));
        CHECK(three.text == letters(160).substr(34, 8));
        l.e.outside.settle();
        CHECK(l.requests() == 2);
    }
}

TEST_CASE("a reader that is closed or goes ends its reads, whenever that is, and nobody else's")
{
    for (auto moment = 0;; ++moment)
    {
        CAPTURE(moment);
        library l({{"a", letters(16)}, {"b", letters(160)}});
        l.select({file_index{0}});
        l.e.options.stays = true;
        l.e.start();
        std::optional<reader> gone(l.open(1));
        auto stays = l.open(1);
        one_read one, two;
        one.begin(*gone, 50, 8);
        two.begin(stays, 90, 8);
        auto steps = 0;
        while (steps != moment && !one.error && l.e.outside.context.run_one())
            ++steps;
        auto const was_done = one.error.has_value();
        gone.reset();
        l.e.outside.run([&] { return one.error && two.error; });
        REQUIRE(one.error);
        CHECK((*one.error == asio::error::operation_aborted || one.text == letters(160).substr(50, 8)));
        CHECK(two.text == letters(160).substr(90, 8));
        if (was_done)
            break;
    }
}

TEST_CASE("a read that is cancelled at any moment ends, and so does the download that is closed then")
{
    for (auto const closes : {false, true})
        for (auto moment = 0;; ++moment)
        {
            CAPTURE(moment);
            library l({{"a", letters(16)}, {"b", letters(160)}});
            l.select({file_index{0}});
            l.e.options.stays = true;
            l.e.start();
            auto b = l.open(1);
            one_read one;
            one.begin(b, 50, 8);
            auto steps = 0;
            while (steps != moment && !one.error && l.e.outside.context.run_one())
                ++steps;
            auto const was_done = one.error.has_value();
            if (closes)
                l.e.running.close();
            else
                one.stop.emit(asio::cancellation_type::total);
            l.e.outside.run([&] { return one.error.has_value(); });
            REQUIRE(one.error);
            auto const expected = closes ? error_code(errc::closed) : error_code(asio::error::operation_aborted);
            CHECK((*one.error == expected || one.text == letters(160).substr(50, 8)));
            if (was_done)
                break;
        }
}

TEST_CASE("reads of a download that was never started end when it is closed")
{
    library l;
    l.start_in(make_memory_storage(l.e.torrent));
    auto fresh = l.e.on.add(l.e.torrent, make_memory_storage(l.e.torrent), {"http://host/"}, l.e.options);
    auto a = fresh.open_reader(file_index{0}).value();
    one_read one;
    one.begin(a, 0, 4);
    l.e.outside.settle();
    CHECK(!one.error);
    fresh.close();
    l.e.outside.settle();
    CHECK(one.error == errc::closed);
    CHECK(l.read(a, 0, 4) == closed());
    a.close();
    a.close();
    CHECK(l.read(a, 0, 4) == closed());
}

TEST_CASE("what can't be had ends the reads that wait for it, with the error of the download")
{
    embedded e({{"a", letters(16)}, {"b", letters(16)}});
    e.add_seed("host", serving({{"a", letters(16)}}));
    e.torrent = e.torrent.select(std::vector{file_index{0}});
    e.options.stays = true;
    e.start();
    auto b = e.running.open_reader(file_index{1}).value();
    one_read one;
    one.begin(b, 0, 4);
    CHECK(e.run() == errc::not_found);
    CHECK(one.error == errc::not_found);
}

TEST_CASE("files are selected and given up while the download runs")
{
    library l;
    l.select({file_index{0}});
    l.e.options.stays = true;
    l.e.start();
    l.e.outside.settle();
    CHECK(l.e.running.stats().pieces == 2);
    CHECK(!l.e.running.set_wanted(file_index{2}, true));
    l.e.outside.settle();
    CHECK(l.e.running.stats().pieces_verified == 3);
    auto finished = 0;
    for (auto const& each : l.e.events())
        finished += std::holds_alternative<file_finished>(each);
    CHECK(finished == 2);
    CHECK(!l.e.running.set_wanted(file_index{2}, false));
    CHECK(!l.e.running.set_wanted(file_index{1}, true));
    l.e.outside.settle();
    CHECK(l.e.running.stats().pieces_verified == 4);
    CHECK(l.e.holds.bytes == l.e.content());
    l.e.running.close();
    CHECK(l.e.run() == error_code());
}

TEST_CASE("file storage makes a file that is read though nobody selected it, and has all of it that is verified")
{
    auto const place = std::filesystem::temp_directory_path() / ("webseed-reading-" + std::to_string(::getpid()));
    std::filesystem::remove_all(place);
    {
        library l;
        l.select({file_index{0}});
        l.e.options.stays = true;
        l.start_in(make_file_storage(l.e.torrent, place));
        l.e.outside.settle();
        CHECK(!std::filesystem::exists(place / "t" / "b"));
        auto b = l.open(1);
        auto const& content = l.e.files[1].content;
        CHECK(l.read(b, 0, 4) == content.substr(0, 4)); // which lies in a piece that had been verified
        CHECK(l.read(b, 12, 16) == content.substr(12, 16));
        CHECK(std::filesystem::exists(place / "t" / "b"));
        CHECK(!std::filesystem::exists(place / "t" / "c"));
        auto a = l.open(0);
        CHECK(l.read(a, 0, 99) == l.e.files[0].content);
        l.e.running.close();
        l.e.outside.run([&] { return l.ended.has_value(); });
        CHECK(l.ended == error_code());
        CHECK(std::filesystem::file_size(place / "t" / "b") == 36); // sparse
    }
    std::filesystem::remove_all(place);
}

TEST_CASE("bounded memory keeps what was read last, and fetches again what it has dropped")
{
    library l({{"a", letters(1600)}});
    l.start_in(make_memory_storage(l.e.torrent, 64));
    l.e.outside.settle();
    CHECK(l.requests() == 0); // nothing is fetched but what is read
    auto a = l.open(0);
    for (auto const at : {0u, 160u, 320u, 480u, 0u})
        CHECK(l.read(a, at, 4) == letters(1600).substr(at, 4));
    CHECK(l.requests() == 4);
    CHECK(l.read(a, 640, 4) == letters(1600).substr(640, 4));
    CHECK(l.read(a, 0, 4) == letters(1600).substr(0, 4));
    CHECK(l.requests() == 5);
    CHECK(l.read(a, 160, 4) == letters(1600).substr(160, 4));
    CHECK(l.requests() == 6);
    CHECK(l.read(a, 100, 500) == letters(1600).substr(100, 500)); // more than there is room for
    CHECK(l.read(a, 0, 1) == "a");
    l.e.outside.settle();
    CHECK(l.e.running.stats().bytes_verified <= 64);
    CHECK(!l.e.running.set_wanted(file_index{0}, true)); // of no effect
    l.e.outside.settle();
    CHECK(l.e.running.stats().bytes_verified <= 64);
    CHECK(!l.ended);
    CHECK_THROWS(make_memory_storage(l.e.torrent, 0));
}

TEST_CASE("a reader, its download and their engine go in any order")
{
    for (auto order : {"rde", "red", "dre", "der", "erd", "edr"})
    {
        CAPTURE(order);
        asio::io_context context{1};
        auto const torrent = torrent_with({{"a", letters(160)}}, 16);
        std::optional<engine> on(std::in_place, context.get_executor());
        std::optional<download> d(on->add(torrent, make_memory_storage(torrent), {"http://127.0.0.1:1/"}));
        std::optional<reader> r(d->open_reader(file_index{0}).value());
        auto ended = 0;
        std::string text(16, '?');
        d->async_run([&](error_code error) { ended += error ? 1 : 0; });
        r->async_read_some_at(0, asio::buffer(text), [&](error_code error, std::size_t) { ended += error ? 1 : 0; });
        for (auto const* each = order; *each != '\0'; ++each)
        {
            if (*each == 'r')
                r.reset();
            else if (*each == 'd')
                d.reset();
            else
                on.reset();
            context.poll();
        }
        context.run();
        CHECK(ended == 2);
    }
}
