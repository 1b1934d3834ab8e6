// Many downloads in one process, all into memory: `idle TORRENT COUNT` runs the same torrent COUNT times until it is
// interrupted. With a seed that never answers, what is left is the price of waiting.
#include <webseed/engine.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;

void run(char const* torrent_path, int count)
{
    std::ifstream stream(torrent_path, std::ios::binary);
    std::string const bytes{std::istreambuf_iterator<char>(stream), {}};
    auto const torrent = webseed::metainfo::parse(std::as_bytes(std::span(bytes))).value();

    asio::io_context context{1};
    webseed::engine on(context.get_executor());
    webseed::download_options options;
    options.requesters_per_seed = 1;
    std::vector<webseed::download> downloads;
    for (int i = 0; i < count; ++i)
    {
        downloads.push_back(on.add(torrent, webseed::make_memory_storage(torrent), {}, options));
        downloads.back().async_run([](webseed::error_code) {});
    }
    asio::signal_set signals(context, SIGINT);
    signals.async_wait([&](webseed::error_code, int) { on.async_stop([](webseed::error_code) {}); });
    context.run();
}

} // namespace

int main(int count, char** arguments)
{
    if (count != 3)
    {
        std::fprintf(stderr, "usage: idle TORRENT COUNT\n");
        return 2;
    }
    try
    {
        run(arguments[1], std::stoi(arguments[2]));
        return 0;
    }
    catch (std::exception const& error)
    {
        std::fprintf(stderr, "idle: %s\n", error.what());
        return 1;
    }
}
