// Random reads of a download that fetches nothing else: `reads TORRENT CONTENT COUNT SIZE AT-ONCE` reads COUNT times
// SIZE bytes at random offsets of the torrent's first file, so many at a time, compares them with the file CONTENT, and
// prints
//   median-ms 95th-percentile-ms longest-ms bytes-received
#include <webseed/engine.hpp>
#include <webseed/storage.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;
using steady = std::chrono::steady_clock;

// What the storage keeps of what was read.
constexpr std::uint64_t kept_size = 64u << 20;

struct job
{
    webseed::reader file;
    std::string content_path;
    std::size_t read_size = 0;
    std::vector<std::uint64_t> offsets; // of the reads that nobody has begun
    std::vector<double> took;           // ms
};

std::string read_all(char const* path)
{
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

void compare(std::ifstream& content, std::uint64_t offset, std::vector<char> const& found)
{
    std::vector<char> wanted(found.size());
    content.seekg(static_cast<std::streamoff>(offset));
    content.read(wanted.data(), static_cast<std::streamsize>(wanted.size()));
    if (!content || wanted != found)
        throw std::runtime_error("other bytes at " + std::to_string(offset));
}

/// One read after the other, until there are none left. @param work  must outlive it.
asio::awaitable<void> read_some(job& work)
{
    std::ifstream content(work.content_path, std::ios::binary);
    std::vector<char> bytes(work.read_size);
    while (!work.offsets.empty())
    {
        auto const offset = work.offsets.back();
        work.offsets.pop_back();
        auto const begun = steady::now();
        for (std::size_t done = 0; done != bytes.size();)
        {
            auto const rest = asio::buffer(bytes) + done;
            auto const count = co_await work.file.async_read_some_at(offset + done, rest);
            done += count;
        }
        work.took.push_back(std::chrono::duration<double, std::milli>(steady::now() - begun).count());
        compare(content, offset, bytes);
    }
}

void draw_offsets(job& work, std::size_t count)
{
    std::mt19937_64 random(4711);
    std::uniform_int_distribution<std::uint64_t> offset(0, work.file.size() - work.read_size);
    for (std::size_t i = 0; i != count; ++i)
        work.offsets.push_back(offset(random));
}

void run(std::span<char*> words)
{
    auto const bytes = read_all(words[1]);
    auto const torrent = webseed::metainfo::parse(std::as_bytes(std::span(bytes))).value();
    asio::io_context context{1};
    webseed::engine on(context.get_executor());
    auto download = on.add(torrent, webseed::make_memory_storage(torrent, kept_size));

    job work;
    work.file = download.open_reader(webseed::file_index(0)).value();
    work.content_path = words[2];
    work.read_size = std::stoul(words[4]);
    draw_offsets(work, std::stoul(words[3]));
    auto left = std::stoul(words[5]);
    std::exception_ptr failure;
    for (auto i = left; i != 0; --i)
    {
        auto ended = [&](std::exception_ptr error) {
            failure = failure ? failure : error;
            if (--left == 0 || failure)
                download.close();
        };
        asio::co_spawn(context, read_some(work), ended);
    }
    download.async_run([](webseed::error_code) {});
    context.run();
    if (failure)
        std::rethrow_exception(failure);

    std::ranges::sort(work.took);
    auto const part = [&](std::size_t percent) { return work.took.at((work.took.size() - 1) * percent / 100); };
    std::printf("%.3f %.3f %.3f %ju\n", part(50), part(95), part(100), std::uintmax_t{download.stats().bytes_received});
}

} // namespace

int main(int count, char** arguments)
{
    if (count != 6)
    {
        std::fprintf(stderr, "usage: reads TORRENT CONTENT COUNT SIZE AT-ONCE\n");
        return 2;
    }
    try
    {
        run({arguments, static_cast<std::size_t>(count)});
        return 0;
    }
    catch (std::exception const& error)
    {
        std::fprintf(stderr, "reads: %s\n", error.what());
        return 1;
    }
}
