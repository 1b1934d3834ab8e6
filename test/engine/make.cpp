// Torrents made of real files.
#include "support/temporary_directory.hpp"
#include "support/torrents.hpp"
#include "torrent/digest.hpp"
#include "torrent/merkle.hpp"

#include <webseed/engine.hpp>
#include <webseed/metainfo.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>

using namespace webseed;
using test::bytes_of;
namespace asio = boost::asio;

namespace {

constexpr std::uint64_t kib = 1024;

using named_content = std::map<std::string, std::string>; // none of the names sorts otherwise with its slashes

std::string noise(std::size_t size, unsigned seed)
{
    std::minstd_rand random(seed + 1);
    std::string text(size, '\0');
    for (auto& letter : text)
        letter = static_cast<char>(random() >> 8);
    return text;
}

// Sizes around the edges of blocks, pieces and buffers, and one that everybody has a share of.
named_content many_files()
{
    named_content files;
    unsigned number = 0;
    for (std::size_t const size :
         {1u, 0u, 16383u, 16384u, 16385u, 0u, 32768u, 40000u, 262144u, 262145u, 5'000'000u, 7u, 0u})
    {
        auto const name = std::string(number % 3 == 0 ? "a/" : "b/c/") + static_cast<char>('a' + number);
        files[name] = noise(size, number++);
    }
    return files;
}

void write(test::temporary_directory const& place, named_content const& files)
{
    for (auto const& [name, content] : files)
        place.write("d/" + name, content);
}

struct outcome
{
    error_code error;
    made_torrent made;

    std::string_view text() const { return {reinterpret_cast<char const*>(made.bytes.data()), made.bytes.size()}; }
};

outcome make(std::filesystem::path const& path, make_options options = {}, unsigned workers = 2)
{
    asio::io_context context;
    engine_options settings;
    settings.worker_count = workers;
    engine on(context.get_executor(), settings);
    std::optional<outcome> result;
    on.async_make_torrent(path, std::move(options), [&](error_code error, made_torrent made) {
        result = {error, std::move(made)};
    });
    context.run();
    REQUIRE(result);
    return std::move(*result);
}

make_options with(torrent_format format, std::uint64_t piece_length = 0)
{
    make_options options;
    options.format = format;
    options.piece_length = piece_length;
    return options;
}

metainfo read(outcome const& from)
{
    diagnostics cause;
    auto parsed = metainfo::parse(from.made.bytes, {}, &cause);
    CAPTURE(cause.message);
    REQUIRE(parsed.has_value());
    return *parsed;
}

// All files, and zeros where the torrent has padding.
std::string stream_of(metainfo const& torrent, named_content const& files)
{
    std::string stream;
    for (auto const& file : torrent.files())
    {
        auto const path = file.path;
        if (file.pad)
            stream.append(file.size, '\0');
        else
            stream += files.at(std::string(path.substr(path.find('/') + 1)));
    }
    return stream;
}

void check_pieces(metainfo const& torrent, std::string_view stream)
{
    REQUIRE(stream.size() == torrent.total_size());
    for (std::uint32_t piece = 0; piece < torrent.piece_count(); ++piece)
    {
        auto const bytes = stream.substr(piece * torrent.piece_length(), torrent.piece_length());
        CAPTURE(piece);
        CHECK(torrent.piece_hashes()[piece] == torrent::sha1_of(bytes_of(bytes)));
    }
}

std::string root_of(std::string_view content)
{
    torrent::merkle_digest digest;
    digest.update(bytes_of(content));
    auto const root = digest.finish(torrent::height_of_file(content.size()));
    return {reinterpret_cast<char const*>(root.data()), root.size()};
}

} // namespace

TEST_CASE("v1: pieces run over the ends of files, and each is right")
{
    test::temporary_directory const place;
    auto const files = many_files();
    write(place, files);
    for (std::uint64_t const piece_length : {16 * kib, 64 * kib, 1024 * kib, 16384 * kib})
    {
        CAPTURE(piece_length);
        auto const result = make(place / "d", with(torrent_format::v1, piece_length));
        CHECK(result.error == error_code());
        CHECK(result.made.warnings.empty());
        auto const torrent = read(result);
        CHECK(torrent.name() == "d");
        CHECK(torrent.is_multi_file());
        CHECK(torrent.piece_length() == piece_length);
        CHECK(torrent.infohash_v1() == result.made.infohash_v1);
        CHECK_FALSE(result.made.infohash_v2);
        CHECK(result.made.file_count == files.size());
        CHECK(result.made.total_size == torrent.total_size());
        CHECK(result.made.piece_count == torrent.piece_count());
        check_pieces(torrent, stream_of(torrent, files));
    }
}

TEST_CASE("hybrid: every file begins with a piece, and both kinds of hashes are right")
{
    test::temporary_directory const place;
    auto const files = many_files();
    write(place, files);
    for (std::uint64_t const piece_length : {16 * kib, 64 * kib, 1024 * kib})
    {
        CAPTURE(piece_length);
        auto const result = make(place / "d", with(torrent_format::hybrid, piece_length));
        CHECK(result.error == error_code());
        auto const torrent = read(result);
        CHECK(torrent.infohash_v1() == result.made.infohash_v1);
        CHECK(torrent.infohash_v2() == result.made.infohash_v2);
        for (auto const& file : torrent.files())
            if (!file.pad)
                CHECK(file.offset % piece_length == 0);
        check_pieces(torrent, stream_of(torrent, files));
        for (auto const& [name, content] : files)
            if (!content.empty())
                CHECK(result.text().find("11:pieces root32:" + root_of(content)) != std::string_view::npos);
    }
}

TEST_CASE("v2: each file has its root, also the only one")
{
    test::temporary_directory const place;
    auto const files = many_files();
    write(place, files);
    place.write("one", noise(100'000, 5));
    auto const several = make(place / "d", with(torrent_format::v2, 32 * kib));
    CHECK(several.error == error_code());
    CHECK_FALSE(several.made.infohash_v1);
    for (auto const& [name, content] : files)
        if (!content.empty())
            CHECK(several.text().find("11:pieces root32:" + root_of(content)) != std::string_view::npos);
    auto const one = make(place / "one", with(torrent_format::v2, 32 * kib));
    CHECK(one.made.piece_count == 4);
    CHECK(one.text().find("9:file treed3:oned0:d6:lengthi100000e") != std::string_view::npos);
    CHECK(one.text().find("11:pieces root32:" + root_of(noise(100'000, 5))) != std::string_view::npos);
}

TEST_CASE("one file: called as it is, or as wished, with all that was asked for")
{
    test::temporary_directory const place;
    auto const content = noise(100'000, 3);
    place.write("one file", content);
    std::filesystem::permissions(
        place / "one file", std::filesystem::perms::owner_exec, std::filesystem::perm_options::add);
    make_options options;
    options.web_seeds = {"http://a/x", "https://b/"};
    options.comment = "why";
    options.is_private = true;
    options.created_by = "me";
    options.creation_date = 7;
    options.progress = std::make_shared<make_progress>();
    auto const result = make(place / "one file", options);
    auto const torrent = read(result);
    CHECK(torrent.name() == "one file");
    CHECK_FALSE(torrent.is_multi_file());
    check_pieces(torrent, content);
    CHECK(result.text().starts_with("d7:comment3:why10:created by2:me13:creation datei7e4:infod4:attr1:x6:length"));
    CHECK(result.text().find("7:privatei1ee8:url-listl10:http://a/x10:https://b/ee") != std::string_view::npos);
    CHECK(options.progress->files() == 1);
    CHECK(options.progress->bytes() == 100'000);
    CHECK(options.progress->bytes_hashed() == 100'000);
    options.name = "other";
    CHECK(read(make(place / "one file", options)).name() == "other");
}

TEST_CASE("the same files give the same bytes, however many workers there are")
{
    test::temporary_directory const place;
    write(place, many_files());
    for (auto const format : {torrent_format::v1, torrent_format::v2, torrent_format::hybrid})
    {
        auto const first = make(place / "d", with(format, 16 * kib), 1);
        CHECK(first.error == error_code());
        for (unsigned const workers : {2u, 3u, 7u})
            CHECK((make(place / "d", with(format, 16 * kib), workers).made.bytes == first.made.bytes));
    }
}

TEST_CASE("what can't become a torrent is an error that names it")
{
    test::temporary_directory const place;
    place.write("d/empty", "");
    place.write("e", "content");
    auto const empty = make(place / "d");
    CHECK(empty.error == errc::files_unsuitable);
    CHECK(empty.made.cause.message == (place / "d").string() + " has no bytes");
    auto const absent = make(place / "none");
    CHECK(absent.error == error_code(ENOENT, boost::system::system_category()));
    CHECK(absent.made.cause.message.starts_with((place / "none").string()));
    CHECK(make(place / "e", with(torrent_format::v1, 12345)).error == errc::option_invalid);
    auto const nameless = make(place / "d/..");
    CHECK(nameless.error == error_code()); // ".." is resolved where names tell
    CHECK(nameless.made.bytes.size() > 0);
    for (auto const format : {torrent_format::v1, torrent_format::v2})
    {
        std::string deep = "deep/";
        for (int depth = 0; depth < 70; ++depth)
            deep += "d/";
        place.write(deep + "f", "content");
        auto const result = make(place / "deep", with(format));
        CHECK(result.error == (format == torrent_format::v1 ? error_code() : error_code(errc::files_unsuitable)));
    }
}

TEST_CASE("names that others may not like are made, with a warning")
{
    test::temporary_directory const place;
    place.write("d/\xff", "content");
    place.write("d/_____padding_file_0_", "content");
    make_options options;
    options.web_seeds = {"http://me:secret@host/"};
    auto const result = make(place / "d", options);
    CHECK(result.error == error_code());
    CHECK(
        result.made.warnings == std::vector<std::string>{
                                    "_____padding_file_0_: many clients will take it for padding",
                                    "\xff: the name is not UTF-8",
                                    "http://host/: everybody who has the torrent can read the password in this URL"});
}

TEST_CASE("making ends when it is cancelled, when the engine is stopped, and when it goes")
{
    test::temporary_directory const place;
    place.write("large", noise(64u << 20, 1));
    for (int way = 0; way < 3; ++way)
    {
        CAPTURE(way);
        asio::io_context context;
        auto on = std::make_optional<engine>(context.get_executor());
        asio::cancellation_signal cancel;
        std::optional<outcome> result;
        auto done = [&](error_code error, made_torrent made) { result = {error, std::move(made)}; };
        on->async_make_torrent(place / "large", {}, asio::bind_cancellation_slot(cancel.slot(), done));
        context.poll(); // it has started
        if (way == 0)
            cancel.emit(asio::cancellation_type::terminal);
        if (way == 1)
            on->async_stop([](error_code) {});
        if (way == 2)
            on.reset();
        context.run();
        REQUIRE(result);
        CHECK(result->error == (way == 0 ? error_code(asio::error::operation_aborted) : error_code(errc::closed)));
        CHECK(result->made.bytes.empty());
        CHECK(result->made.cause.message == "ended before the torrent was made");
    }
}
