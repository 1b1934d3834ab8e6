#include <webseed/storage.hpp>

#include "support/printing.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"
#include "support/torrents.hpp"

#include <doctest/doctest.h>

#include <boost/system/errc.hpp>

#include <csignal>
#include <thread>

#include <sys/resource.h>
#include <sys/stat.h>

using namespace webseed;
using test::bytes_of;
using test::run;
using test::temporary_directory;
namespace fs = std::filesystem;
namespace generic = boost::system::errc;

namespace {

// t/a        AAA        0-2
// t/d/b      BBBBB      3-7
// (padding)  ........   8-15
// t/d/c      CCCC      16-19
// t/e        (empty)
metainfo few_files()
{
    return test::torrent_of({{{"a"}, 3}, {{"d", "b"}, 5}, {{}, 8}, {{"d", "c"}, 4}, {{"e"}, 0}}, 16);
}

std::string const content = "AAABBBBB........CCCC";

std::string zeros(std::size_t count)
{
    return std::string(count, '\0');
}

struct session
{
    explicit session(fs::path const& directory, metainfo torrent = few_files())
        : files(make_file_storage(std::move(torrent), directory))
        , present(run(files->open(cause)))
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

    error_code complete() { return run(files->complete(cause)); }
    error_code close() { return run(files->close(cause)); }

    /// "0+3 8+8": the ranges that may be there already.
    std::string picture() const
    {
        if (!present)
            return present.error().message();
        std::string text;
        for (auto const range : *present)
            text += (text.empty() ? "" : " ") + std::to_string(range.offset) + "+" + std::to_string(range.size);
        return text;
    }

    std::unique_ptr<storage> files;
    diagnostics cause;
    boost::system::result<std::vector<byte_range>> present;
};

} // namespace

TEST_CASE("a fresh download has only its padding, and makes only its empty files")
{
    temporary_directory place;
    session fresh(place / "new/target");
    CHECK(fresh.picture() == "8+8");
    CHECK(place.read("new/target/t/e") == "");
    CHECK_FALSE(fs::exists(place / "new/target/t/a"));
    CHECK_FALSE(fs::exists(place / "new/target/t/d"));
}

TEST_CASE("one write over several files lands in each of them, and not in padding")
{
    temporary_directory place;
    session files(place.path());
    CHECK_FALSE(files.write(0, content));
    CHECK(place.read("t/a") == "AAA");
    CHECK(place.read("t/d/b") == "BBBBB");
    CHECK(place.read("t/d/c") == "CCCC");
    CHECK(files.read(0, 20) == "AAABBBBB" + zeros(8) + "CCCC");
    CHECK(files.read(7, 10) == "B" + zeros(8) + "C");
    CHECK_FALSE(files.close());
    CHECK(std::distance(fs::recursive_directory_iterator(place.path()), {}) == 6);
}

TEST_CASE("a large file that is written in parts has its full size at once, sparsely")
{
    constexpr std::uint64_t size = 1u << 30;
    temporary_directory place;
    session files(place.path(), test::torrent_of({{{"big"}, size}}, 1u << 20));
    CHECK_FALSE(files.write(size - 4, "tail"));
    CHECK(fs::file_size(place / "t/big") == size);
    CHECK(files.read(size - 8, 8) == zeros(4) + "tail");
    CHECK_FALSE(files.close());
    struct stat status;
    REQUIRE(::stat((place / "t/big").c_str(), &status) == 0);
    CHECK(status.st_blocks < 1000);
}

TEST_CASE("a small file gets its size from its end, or when all is over")
{
    temporary_directory place;
    session files(place.path());
    CHECK_FALSE(files.write(4, "BB")); // of the five of d/b
    CHECK(place.read("t/d/b") == zeros(1) + "BB");
    CHECK_FALSE(files.write(16, "C"));
    CHECK_FALSE(files.write(19, "C"));
    CHECK(place.read("t/d/c") == "C" + zeros(2) + "C");
    CHECK_FALSE(files.close());
    CHECK(place.read("t/d/b") == zeros(1) + "BB" + zeros(2));
}

TEST_CASE("a small file that is found and was cut short grows as one that is new does")
{
    temporary_directory place;
    place.write("t/d/b", "BB");
    session files(place.path());
    CHECK_FALSE(files.write(5, "B"));
    CHECK(place.read("t/d/b") == "BB" + std::string("B"));
    CHECK_FALSE(files.complete());
    CHECK(place.read("t/d/b") == "BBB" + zeros(2));
}

TEST_CASE("what lies on the disk already is told, no longer than the torrent says, adjacent ranges as one")
{
    struct
    {
        char const* a;
        char const* b;
        char const* c;
        char const* picture;
    } const rows[] = {
        {"AAA", "BBBBB", "CCCC", "0+20"},     {"AAA", "BB", "CCCC", "0+5 8+12"},
        {"A", "BBBBB", "C", "0+1 3+14"},      {"", "", "", "8+8"},
        {"AAAA", "", "CCCCCCCC", "0+3 8+12"},
    };
    for (auto const& row : rows)
    {
        CAPTURE(std::string(row.picture));
        temporary_directory place;
        place.write("t/a", row.a);
        place.write("t/d/b", row.b);
        place.write("t/d/c", row.c);
        CHECK(session(place.path()).picture() == row.picture);
        CHECK(place.read("t/a") == row.a);
        CHECK(place.read("t/d/c") == row.c);
    }
}

TEST_CASE("a shorter file keeps its bytes and grows")
{
    temporary_directory place;
    place.write("t/d/b", "Bb");
    session files(place.path());
    CHECK_FALSE(files.write(7, "B"));
    CHECK(place.read("t/d/b") == "Bb" + zeros(2) + "B");
    CHECK_FALSE(files.close());
    CHECK(place.read("t/d/b") == "Bb" + zeros(2) + "B");
}

TEST_CASE("a longer file is cut when it is written, in part or as a whole, and left alone if it never is")
{
    temporary_directory place;
    place.write("t/a", "aaaaaa");
    place.write("t/d/b", "bbbbbbbbb");
    place.write("t/d/c", "cccccc");
    place.write("t/e", "not empty");
    session files(place.path());
    CHECK_FALSE(files.write(0, "A"));
    CHECK_FALSE(files.write(3, "BBBBB"));
    CHECK(files.read(16, 4) == "cccc");
    CHECK_FALSE(files.close());
    CHECK(place.read("t/a") == "Aaa");
    CHECK(place.read("t/d/b") == "BBBBB");
    CHECK(place.read("t/d/c") == "cccccc");
    CHECK(place.read("t/e") == "not empty");
}

TEST_CASE("when all is verified, longer files are cut to what the torrent says")
{
    temporary_directory place;
    place.write("t/a", "AAA");
    place.write("t/d/c", "CCCCcc");
    place.write("t/e", "not empty");
    session files(place.path());
    CHECK_FALSE(files.complete());
    CHECK_FALSE(files.close());
    CHECK(place.read("t/a") == "AAA");
    CHECK(place.read("t/d/c") == "CCCC");
    CHECK(place.read("t/e") == "");
}

TEST_CASE("what can't be opened is named")
{
    temporary_directory place;
    place.write("t/d", "a file where a directory must be");
    CHECK(session(place.path()).cause.message.find("t/d/") != std::string::npos);
    place.write("file", "");
    session const below_a_file(place / "file");
    CHECK_FALSE(below_a_file.present);
    CHECK(below_a_file.cause.message.starts_with((place / "file").string() + ": "));
}

TEST_CASE("reading what is absent or cut short is an error, and makes nothing")
{
    temporary_directory place;
    session files(place.path());
    CHECK(files.read(0, 3) == make_error_code(generic::no_such_file_or_directory).message());
    CHECK_FALSE(fs::exists(place / "t/a"));
    CHECK(files.read(8, 8) == zeros(8));

    CHECK_FALSE(files.write(0, "AAA"));
    fs::resize_file(place / "t/a", 1);
    CHECK(files.read(0, 3) == error_code(errc::storage_failed).message());
    CHECK(files.read(0, 1) == "A");
}

TEST_CASE("a file that was opened for reading can be written afterwards")
{
    temporary_directory place;
    place.write("t/a", "xyz");
    session files(place.path());
    CHECK(files.read(0, 3) == "xyz");
    CHECK_FALSE(files.write(1, "Y"));
    CHECK(files.read(0, 3) == "xYz");
}

TEST_CASE("what lies outside of the torrent is refused")
{
    temporary_directory place;
    session files(place.path());
    CHECK(files.write(19, "XX") == errc::internal);
    CHECK(files.write(UINT64_MAX, "X") == errc::internal);
    CHECK(files.read(21, 0) == error_code(errc::internal).message());
    CHECK(files.read(20, 0) == "");
}

TEST_CASE("a link planted in the way is an error, and nothing goes through it")
{
    for (std::string const name : {"t", "t/d", "t/a", "t/e"})
    {
        CAPTURE(name);
        temporary_directory place;
        temporary_directory outside;
        fs::create_directories((place / name).parent_path());
        fs::create_symlink(outside / "theirs", place / name);
        CHECK_FALSE(session(place.path()).present);

        fs::remove(place / name);
        fs::create_directory_symlink(outside.path(), place / name);
        CHECK_FALSE(session(place.path()).present);
        CHECK(fs::is_empty(outside.path()));
    }
}

TEST_CASE("a link planted after the start stops the writes")
{
    temporary_directory place;
    temporary_directory outside;
    session files(place.path());
    REQUIRE(files.present);
    fs::create_directory_symlink(outside.path(), place / "t/d");
    fs::create_symlink(outside / "theirs", place / "t/a");
    CHECK(files.write(3, "BBBBB"));
    CHECK(files.write(0, "AAA") == generic::too_many_symbolic_link_levels);
    CHECK(fs::is_empty(outside.path()));
    CHECK_FALSE(files.close());
}

TEST_CASE("a directory in a file's place, or a file in a directory's, is an error")
{
    temporary_directory place;
    fs::create_directories(place / "t/a");
    CHECK(session(place.path()).present.error() == generic::is_a_directory);
    fs::remove(place / "t/a");
    place.write("t/d", "");
    CHECK(session(place.path()).present.error() == generic::not_a_directory);
}

TEST_CASE("a write that fails midway is told, and the file has its size in the end")
{
    temporary_directory place;
    session files(place.path());
    auto const previous = std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    rlimit const tight{2, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    auto const failed = files.write(3, "BBBBB");
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, previous);

    CHECK(failed == generic::file_too_large);
    CHECK(place.read("t/d/b") == "BB");
    CHECK_FALSE(files.close());
    CHECK(place.read("t/d/b") == "BB" + zeros(3));
}

TEST_CASE("closing after an open that failed does no harm")
{
    temporary_directory place;
    place.write("file", "");
    session files(place / "file");
    CHECK_FALSE(files.present);
    CHECK_FALSE(files.close());
}

TEST_CASE("a single file lies in the target directory itself")
{
    auto const info = test::dictionary_of({
        {"length", test::encoded(3)},
        {"name", test::encoded("one")},
        {"piece length", test::encoded(16)},
        {"pieces", test::encoded(zeros(20))},
    });
    auto const text = test::dictionary_of({{"info", info}});
    auto const torrent = metainfo::parse(bytes_of(text));
    REQUIRE(torrent);
    temporary_directory place;
    session files(place.path(), *torrent);
    CHECK(files.picture() == "");
    CHECK_FALSE(files.write(0, "ONE"));
    CHECK_FALSE(files.close());
    CHECK(place.read("one") == "ONE");
    CHECK(session(place.path(), *torrent).picture() == "0+3");
}

TEST_CASE("more files than stay open are written by several threads at once")
{
    constexpr std::uint32_t file_count = 300;
    std::vector<test::test_file> list;
    for (std::uint32_t i = 0; i < file_count; ++i)
        list.push_back({{"d" + std::to_string(i % 7), std::to_string(i)}, 4});
    temporary_directory place;
    session files(place.path(), test::torrent_of(list, 16));

    // Each file is written by all threads, a byte each, so that they meet in the same files.
    auto const write_column = [&](std::uint32_t column) {
        for (std::uint32_t i = 0; i < file_count; ++i)
        {
            if (files.write(i * 4 + column, std::string(1, static_cast<char>('a' + column))))
                return;
        }
    };
    {
        std::vector<std::jthread> threads;
        for (std::uint32_t column = 0; column < 4; ++column)
            threads.emplace_back(write_column, column);
    }
    CHECK_FALSE(files.close());
    for (std::uint32_t i = 0; i < file_count; ++i)
        CHECK(place.read(fs::path("t") / list[i].path[0] / list[i].path[1]) == "abcd");
}
