// What file storage makes, and what it leaves out: selections, links, reading alone, and the gaps of v2.
#include "disk/file_storage.hpp"

#include "disk/directory.hpp"
#include "support/printing.hpp"
#include "support/run.hpp"
#include "support/simulated_disk.hpp"
#include "support/temporary_directory.hpp"
#include "support/v2_torrents.hpp"

#include <doctest/doctest.h>

#include <boost/system/errc.hpp>

#include <set>

#include <sys/stat.h>

using namespace webseed;
using test::bytes_of;
using test::encoded;
using test::list_of_strings;
using test::run;
using test::simulated_disk;
using test::temporary_directory;
using test::v2_file;
namespace fs = std::filesystem;
namespace generic = boost::system::errc;

namespace {

constexpr std::uint64_t piece_size = 16384;

/// In v2 alone: t/a from 0, t/d/b from piece 1, t/x (executable) from piece 2, and no bytes in t/e and the links.
metainfo mixed()
{
    auto const link_to = [](std::vector<std::string> const& target) {
        return test::bencoded_keys{{"attr", encoded("l")}, {"symlink path", list_of_strings(target)}};
    };
    return test::parsed(test::v2_parts_of({
        {{"a"}, "AAA"},
        {{"d", "b"}, "BBBBB"},
        {{"d", "l"}, "", link_to({"a"})},
        {{"e"}, ""},
        {{"l"}, "", link_to({"d"})},
        {{"n"}, "", link_to({"nowhere"})},
        {{"x"}, "XX", {{"attr", encoded("x")}}},
    }));
}

metainfo mixed_but(std::vector<std::uint32_t> const& left_out)
{
    std::vector<file_index> files;
    for (std::uint32_t i = 0; i != 7; ++i)
        if (std::ranges::find(left_out, i) == left_out.end())
            files.push_back(file_index{i});
    return mixed().select(files);
}

struct session
{
    session(disk::file_calls& calls, fs::path const& directory, metainfo const& torrent, file_storage_options options)
        : files(disk::make_file_storage(torrent, directory, calls, options))
        , present(run(files->open(cause)))
    {}
    explicit session(fs::path const& directory, metainfo const& torrent = mixed(), file_storage_options options = {})
        : session(disk::system_file_calls(), directory, torrent, options)
    {}

    error_code write(std::uint64_t offset, std::string const& text)
    {
        return run(files->write(offset, bytes_of(text)));
    }

    std::string read(std::uint64_t offset, std::size_t size)
    {
        std::string text(size, '?');
        auto const failed = run(files->read(offset, std::as_writable_bytes(std::span(text))));
        return failed ? failed.message() : text;
    }

    void write_all()
    {
        CHECK_FALSE(write(0, "AAA"));
        CHECK_FALSE(write(piece_size, "BBBBB"));
        CHECK_FALSE(write(2 * piece_size, "XX"));
    }

    error_code finish()
    {
        auto const completed = run(files->complete(cause));
        auto const closed = run(files->close(cause));
        return completed ? completed : closed;
    }

    std::unique_ptr<storage> files;
    diagnostics cause;
    boost::system::result<std::vector<byte_range>> present;
};

/// Names below a directory, sorted.
std::string names_in(fs::path const& directory)
{
    std::set<std::string> names;
    for (auto const& entry : fs::recursive_directory_iterator(directory))
        names.insert(entry.path().lexically_relative(directory).string());
    std::string text;
    for (auto const& name : names)
        text += (text.empty() ? "" : " ") + name;
    return text;
}

file_storage_options with_links()
{
    return {.make_links = true};
}

file_storage_options reading_only()
{
    return {.make_links = true, .read_only = true};
}

} // namespace

TEST_CASE("nothing lies between the files of v2: it reads as zeros, and writing there makes nothing")
{
    temporary_directory place;
    session files(place.path());
    files.write_all();
    CHECK(files.read(0, 8) == "AAA" + std::string(5, '\0'));
    CHECK(files.read(piece_size - 1, 3) == std::string(1, '\0') + "BB");
    CHECK_FALSE(files.write(100, "lost"));
    CHECK_FALSE(files.write(piece_size - 2, "zzBB"));
    CHECK_FALSE(files.finish());
    CHECK(place.read("t/a") == "AAA");
    CHECK(place.read("t/d/b") == "BBBBB");
    CHECK(place.read("t/x") == "XX");
    CHECK(names_in(place.path()) == "t t/a t/d t/d/b t/e t/x");

    session const again(place.path());
    REQUIRE(again.present);
    CHECK(*again.present == std::vector<byte_range>{{0, 3}, {piece_size, 5}, {2 * piece_size, 2}});
}

TEST_CASE("of files that aren't wanted nothing is made, their bytes are dropped, and what lies there is left alone")
{
    temporary_directory place;
    session files(place.path(), mixed_but({1, 2, 3}), with_links());
    files.write_all();
    CHECK(files.read(piece_size, 5) == make_error_code(generic::no_such_file_or_directory).message());
    CHECK_FALSE(files.finish());
    CHECK(names_in(place.path()) == "t t/a t/l t/x");

    temporary_directory theirs;
    theirs.write("t/d/b", "somebody's, and longer");
    theirs.write("t/e", "not empty");
    session kept(theirs.path(), mixed_but({1, 2, 3}));
    REQUIRE(kept.present);
    CHECK(kept.present->empty());
    kept.write_all();
    CHECK_FALSE(kept.finish());
    CHECK(theirs.read("t/d/b") == "somebody's, and longer");
    CHECK(theirs.read("t/e") == "not empty");
}

TEST_CASE("a file that is included later is one like the others, also if it is empty")
{
    temporary_directory place;
    session files(place.path(), mixed_but({1, 2, 3}));
    for (std::uint32_t i = 0; i != 4; ++i)
        CHECK(files.files->include(file_index{i}) == (i != 0));
    CHECK_FALSE(files.files->include(file_index{1}));
    files.write_all();
    CHECK(files.read(piece_size, 5) == "BBBBB");
    CHECK_FALSE(files.finish());
    CHECK(place.read("t/d/b") == "BBBBB");
    CHECK(place.read("t/e").empty());
    CHECK(names_in(place.path()).find("t/d/l") == std::string::npos);
}

TEST_CASE("what stands in the way of files that aren't wanted doesn't matter")
{
    temporary_directory place;
    temporary_directory outside;
    fs::create_directories(place / "t/a");
    fs::create_directory_symlink(outside.path(), place / "t/d");
    session files(place.path(), mixed_but({0, 1, 2}));
    REQUIRE(files.present);
    files.write_all();
    CHECK_FALSE(files.finish());
    CHECK(fs::is_empty(outside.path()));
}

TEST_CASE("a selection of nothing makes nothing but the target directory")
{
    temporary_directory place;
    session files(place / "new", mixed().select({}), with_links());
    REQUIRE(files.present);
    files.write_all();
    CHECK_FALSE(files.finish());
    CHECK(names_in(place.path()) == "new");
}

TEST_CASE("an executable file may be executed by whom the mask lets, others may not")
{
    temporary_directory place;
    auto const before = ::umask(027);
    {
        session files(place.path());
        files.write_all();
        CHECK_FALSE(files.finish());
    }
    ::umask(before);
    auto const mode_of = [&](char const* name) {
        return static_cast<unsigned>(fs::status(place / name).permissions());
    };
    CHECK(mode_of("t/x") == 0750);
    CHECK(mode_of("t/a") == 0640);
    CHECK(mode_of("t/e") == 0640);
}

TEST_CASE("links are made when all is verified, if they are asked for and lead somewhere")
{
    temporary_directory place;
    session files(place.path(), mixed(), with_links());
    files.write_all();
    CHECK(names_in(place.path()) == "t t/a t/d t/d/b t/e t/x");
    CHECK_FALSE(files.finish());
    CHECK(names_in(place.path()) == "t t/a t/d t/d/b t/d/l t/e t/l t/x");
    CHECK(fs::read_symlink(place / "t/d/l") == "../a");
    CHECK(fs::read_symlink(place / "t/l") == "d");
    CHECK(place.read("t/l/l") == "AAA");

    // Those that are there already are as good.
    session again(place.path(), mixed(), with_links());
    REQUIRE(again.present);
    CHECK_FALSE(again.finish());

    temporary_directory plain;
    session without(plain.path());
    without.write_all();
    CHECK_FALSE(without.finish());
    CHECK(names_in(plain.path()) == "t t/a t/d t/d/b t/e t/x");
}

TEST_CASE("something else in a link's place is an error that names it, and stays")
{
    for (std::string const kind : {"file", "directory", "other link", "longer link", "shorter link"})
    {
        CAPTURE(kind);
        temporary_directory place;
        session files(place.path(), mixed(), with_links());
        files.write_all();
        auto const name = place / "t/d/l";
        if (kind == "file")
            place.write("t/d/l", "theirs");
        else if (kind == "directory")
            fs::create_directory(name);
        else
            fs::create_symlink(kind == "other link" ? "/etc" : kind == "longer link" ? "../ab" : "..", name);
        CHECK(files.finish() == generic::file_exists);
        CHECK(files.cause.message.find("t/d/l: ") != std::string::npos);
        CHECK(files.cause.file == file_index{2});
        CHECK((kind != "file" || place.read("t/d/l") == "theirs"));
    }
}

TEST_CASE("no link is made through a link that was planted in the way")
{
    temporary_directory place;
    temporary_directory outside;
    session files(place.path(), mixed_but({1}), with_links());
    REQUIRE(files.present);
    fs::create_directory_symlink(outside.path(), place / "t/d");
    CHECK(files.finish());
    CHECK(fs::is_empty(outside.path()));
}

TEST_CASE("reading alone changes nothing, and writing fails")
{
    temporary_directory place;
    place.write("t/a", "AAAand more");
    place.write("t/x", "X");
    session files(place.path(), mixed(), reading_only());
    REQUIRE(files.present);
    CHECK(*files.present == std::vector<byte_range>{{0, 3}, {2 * piece_size, 1}});
    CHECK(files.read(0, 3) == "AAA");
    CHECK(files.write(0, "AAA") == generic::read_only_file_system);
    CHECK(files.write(piece_size, "BBBBB") == generic::read_only_file_system);
    CHECK(files.read(piece_size, 5) == make_error_code(generic::no_such_file_or_directory).message());
    CHECK(files.read(2 * piece_size, 2) == error_code(errc::storage_failed).message());
    CHECK_FALSE(files.finish());
    CHECK(names_in(place.path()) == "t t/a t/x");
    CHECK(place.read("t/a") == "AAAand more");
}

TEST_CASE("reading alone where nothing is: all is absent but padding, and nothing is made")
{
    temporary_directory place;
    session files(place / "not/there", mixed(), reading_only());
    REQUIRE(files.present);
    CHECK(files.present->empty());
    CHECK(files.read(0, 3) == make_error_code(generic::no_such_file_or_directory).message());
    CHECK(files.read(3, 3) == std::string(3, '\0'));
    CHECK(files.write(0, "AAA") == generic::read_only_file_system);
    CHECK_FALSE(files.finish());
    CHECK(names_in(place.path()).empty());

    auto const padded = test::torrent_of({{{"a"}, 3}, {{}, 5}, {{"b"}, 4}}, 8);
    session pads(place / "not/there", padded, reading_only());
    REQUIRE(pads.present);
    CHECK(*pads.present == std::vector<byte_range>{{3, 5}});
}

TEST_CASE("reading alone still looks whether it is a directory")
{
    temporary_directory place;
    place.write("file", "");
    CHECK_FALSE(session(place / "file", mixed(), reading_only()).present);
    place.write("t/d", "");
    CHECK_FALSE(session(place.path(), mixed(), reading_only()).present);
}

TEST_CASE("on the simulated disk, too: links, a selection, and reading alone")
{
    simulated_disk disk;
    {
        session files(disk, "/here", mixed_but({3}), with_links());
        REQUIRE(files.present);
        files.write_all();
        CHECK_FALSE(files.finish());
    }
    CHECK(disk.tree().find("here/t/d/l -> ../a\n") != std::string::npos);
    CHECK(disk.tree().find("here/t/l -> d\n") != std::string::npos);
    CHECK(disk.tree().find("here/t/e") == std::string::npos);
    CHECK(disk.content_of("here/t/x") == "XX");
    auto const before = disk.operation_count();
    {
        session files(disk, "/here", mixed(), reading_only());
        REQUIRE(files.present);
        CHECK(files.present->size() == 3);
        CHECK(files.read(piece_size, 5) == "BBBBB");
        CHECK(files.write(0, "a") == generic::read_only_file_system);
        CHECK_FALSE(files.finish());
    }
    {
        session files(disk, "/nowhere", mixed(), reading_only());
        REQUIRE(files.present);
        CHECK_FALSE(files.finish());
    }
    CHECK(disk.operation_count() == before);
    CHECK(disk.open_count() == 0);
}

TEST_CASE("a call for a link that fails is told with its error, and one that is interrupted is made again")
{
    for (int const number : {ENOSPC, EIO, EROFS, EINTR})
        for (auto const kind : {test::call_kind::symlinkat, test::call_kind::readlinkat})
        {
            CAPTURE(number);
            simulated_disk disk;
            disk.make_link("here/t/l", "d");
            auto is_due = true;
            disk.interfere([&](test::disk_call const& call) {
                auto const hits = is_due && call.kind == kind && call.path.ends_with("t/l");
                is_due = is_due && !hits;
                return test::interference{.error = hits ? number : 0, .size_max = {}};
            });
            session files(disk, "/here", mixed(), with_links());
            REQUIRE(files.present);
            files.write_all();
            auto const failed = files.finish();
            CHECK_FALSE(is_due);
            auto const is_readlink = kind == test::call_kind::readlinkat;
            auto const wanted = is_readlink ? disk::error_of(EEXIST) : disk::error_of(number);
            CHECK(failed == (number == EINTR ? error_code() : wanted));
            if (failed)
                CHECK(files.cause.message.find("t/l: ") != std::string::npos);
        }
}
