// How long until a download of what is complete is ready, when an earlier run has left a resume file: `resume DIRECTORY
// [GIGABYTES [PIECE_KIB [FILES]]]` makes sparse files there, has them remembered as verified, and downloads them.
#include <webseed/engine.hpp>
#include <webseed/storage.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

struct shape
{
    std::uint64_t size = 100'000'000'000;
    std::uint64_t piece_length = 4096 << 10;
    std::uint64_t file_count = 1;
};

/// With hashes that nothing has: what is hashed is wrong.
webseed::metainfo torrent_of(shape const& wanted)
{
    std::string text = "d4:infod5:filesl";
    for (std::uint64_t i = 0; i != wanted.file_count; ++i)
    {
        auto const name = std::to_string(i);
        text += "d6:lengthi" + std::to_string(wanted.size / wanted.file_count) + "e4:pathl" +
                std::to_string(name.size()) + ":" + name + "ee";
    }
    auto const total = wanted.size / wanted.file_count * wanted.file_count;
    auto const hashes = (total + wanted.piece_length - 1) / wanted.piece_length * 20;
    text += "e4:name6:sparse12:piece lengthi" + std::to_string(wanted.piece_length) + "e6:pieces" +
            std::to_string(hashes) + ":" + std::string(hashes, '!') + "ee";
    webseed::metainfo_limits limits;
    limits.size_max = text.size();
    return webseed::metainfo::parse(std::as_bytes(std::span(text)), limits).value();
}

template <class T>
T run(asio::awaitable<T> task)
{
    asio::io_context context{1};
    auto result = asio::co_spawn(context, std::move(task), asio::use_future);
    context.run();
    return result.get();
}

double seconds_since(steady::time_point start)
{
    return std::chrono::duration<double>(steady::now() - start).count();
}

void prepare(webseed::metainfo const& torrent, fs::path const& directory, webseed::file_storage_options const& options)
{
    fs::create_directories(directory / "sparse");
    for (auto const& file : torrent.files())
    {
        std::ofstream(directory / file.path).close();
        fs::resize_file(directory / file.path, file.size);
    }
    auto const files = webseed::make_file_storage(torrent, directory, options);
    webseed::diagnostics cause;
    run(files->open(cause)).value();
    auto const start = steady::now();
    webseed::known_content all;
    all.verified.resize(torrent.piece_count(), true);
    if (auto const failed = run(files->remember(std::move(all))))
        throw boost::system::system_error(failed);
    std::printf("remembered in %.3f s\n", seconds_since(start));
    run(files->close(cause));
}

void download(webseed::metainfo const& torrent, fs::path const& directory, webseed::file_storage_options const& options)
{
    asio::io_context context{1};
    webseed::engine on(context.get_executor());
    auto const start = steady::now();
    auto one = on.add(torrent, webseed::make_file_storage(torrent, directory, options));
    webseed::error_code ended;
    one.async_run([&ended](webseed::error_code error) { ended = error; });
    context.run();
    auto const last = one.stats();
    std::printf(
        "ready in %.3f s: %s; %u of %u pieces trusted\n", seconds_since(start), ended.message().c_str(),
        last.pieces_verified, last.pieces);
}

} // namespace

int main(int count, char** arguments)
{
    try
    {
        if (count < 2)
            throw std::invalid_argument("usage: resume DIRECTORY [GIGABYTES [PIECE_KIB [FILES]]]");
        shape wanted;
        if (count > 2)
            wanted.size = std::stoull(arguments[2]) * 1'000'000'000;
        if (count > 3)
            wanted.piece_length = std::stoull(arguments[3]) << 10;
        if (count > 4)
            wanted.file_count = std::stoull(arguments[4]);
        auto const torrent = torrent_of(wanted);
        webseed::file_storage_options options;
        options.resume_file = fs::path(arguments[1]) / "resume";
        prepare(torrent, arguments[1], options);
        download(torrent, arguments[1], options);
        return 0;
    }
    catch (std::exception const& error)
    {
        std::fprintf(stderr, "resume: %s\n", error.what());
        return 1;
    }
}
