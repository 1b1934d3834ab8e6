// Many downloads in one process, all into nowhere: `idle TORRENT COUNT [REQUESTERS]` runs the same torrent COUNT times,
// with so many requesters for each seed, until it is interrupted, and prints what it took to start, to wait and to
// stop. With a seed that never answers, what is left is the price of waiting.
#include <webseed/engine.hpp>
#include <webseed/storage.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;

/// Of which nothing is needed, as nothing comes.
class no_storage final : public webseed::storage
{
public:
    asio::awaitable<boost::system::result<std::vector<webseed::byte_range>>> open(webseed::diagnostics&) override
    {
        co_return std::vector<webseed::byte_range>();
    }
    asio::awaitable<webseed::error_code> read(std::uint64_t, std::span<std::byte>) override
    {
        co_return webseed::errc::storage_failed;
    }
    asio::awaitable<webseed::error_code> write(std::uint64_t, std::span<std::byte const>) override
    {
        co_return webseed::errc::storage_failed;
    }
    asio::awaitable<webseed::error_code> close(webseed::diagnostics&) override { co_return webseed::error_code(); }
};

using steady = std::chrono::steady_clock;

double seconds_since(steady::time_point begun)
{
    return std::chrono::duration<double>(steady::now() - begun).count();
}

long resident_kib()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:"))
            return std::stol(line.substr(6));
    return 0;
}

void run(char const* torrent_path, int count, unsigned requesters)
{
    std::ifstream stream(torrent_path, std::ios::binary);
    std::string const bytes{std::istreambuf_iterator<char>(stream), {}};
    auto const torrent = webseed::metainfo::parse(std::as_bytes(std::span(bytes))).value();

    asio::io_context context{1};
    webseed::engine on(context.get_executor());
    webseed::download_options options;
    options.requesters_per_seed = requesters;
    std::vector<webseed::download> downloads;
    auto const resident_before = resident_kib();
    auto const begun = steady::now();
    for (int i = 0; i < count; ++i)
    {
        downloads.push_back(on.add(torrent, std::make_unique<no_storage>(), {}, options));
        downloads.back().async_run([](webseed::error_code) {});
    }
    auto const start_time = seconds_since(begun);
    auto stopped_at = begun;
    asio::signal_set signals(context, SIGINT);
    signals.async_wait([&](webseed::error_code, int) {
        auto const grown = static_cast<double>(resident_kib() - resident_before);
        std::printf(
            "start_s %.2f, KiB a requester %.1f\n", start_time,
            grown / static_cast<double>(std::max(1, count)) / static_cast<double>(requesters));
        stopped_at = steady::now();
        on.async_stop([](webseed::error_code) {});
    });
    context.run();
    std::printf("stop_s %.2f\n", seconds_since(stopped_at));
}

} // namespace

int main(int count, char** arguments)
{
    if (count != 3 && count != 4)
    {
        std::fprintf(stderr, "usage: idle TORRENT COUNT [REQUESTERS]\n");
        return 2;
    }
    try
    {
        run(arguments[1], std::stoi(arguments[2]), count == 4 ? static_cast<unsigned>(std::stoul(arguments[3])) : 1);
        return 0;
    }
    catch (std::exception const& error)
    {
        std::fprintf(stderr, "idle: %s\n", error.what());
        return 1;
    }
}
