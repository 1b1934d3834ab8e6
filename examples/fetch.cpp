// A coroutine that downloads a torrent and verifies every piece: fetch FILE.torrent DIRECTORY
#include <webseed/engine.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>

namespace asio = boost::asio;

asio::awaitable<void> fetch(char const* torrent_path, char const* directory)
{
    std::ifstream file(torrent_path, std::ios::binary);
    std::string const text{std::istreambuf_iterator<char>(file), {}};
    auto const torrent = webseed::metainfo::parse(std::as_bytes(std::span(text))).value();

    webseed::engine engine(co_await asio::this_coro::executor);
    auto download = engine.add(torrent, webseed::make_file_storage(torrent, directory));
    co_await download.async_run();
    std::printf("%s: all %u pieces are right\n", torrent.name().c_str(), torrent.piece_count());
}

int main(int argc, char** argv)
{
    if (argc != 3)
        return 28;
    asio::io_context context;
    auto const done = [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    };
    asio::co_spawn(context, fetch(argv[1], argv[2]), done);
    context.run();
}
