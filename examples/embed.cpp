// The engine inside a server's own event loop, which has one thread and goes on serving something else meanwhile: here
// a port of the loopback address that tells everybody who connects how far the download is.
//
//   embed FILE.torrent DIRECTORY
#include <webseed/engine.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

// The server's own business, until its acceptor is closed.
asio::awaitable<void> serve(tcp::acceptor& acceptor, webseed::download const& download)
{
    for (;;)
    {
        auto [error, client] = co_await acceptor.async_accept(use_tuple);
        if (error)
            co_return;
        auto const now = download.stats();
        auto const answer = std::to_string(now.bytes_verified) + " of " + std::to_string(now.bytes) + " bytes\n";
        co_await asio::async_write(client, asio::buffer(answer), use_tuple);
    }
}

int main(int argc, char** argv)
{
    if (argc != 3)
        return 28;
    std::ifstream file(argv[1], std::ios::binary);
    std::string const text{std::istreambuf_iterator<char>(file), {}};
    webseed::diagnostics cause;
    auto const torrent = webseed::metainfo::parse(std::as_bytes(std::span(text)), {}, &cause);
    if (!torrent)
    {
        std::fprintf(stderr, "%s\n", cause.message.c_str());
        return 26;
    }

    asio::io_context context{1}; // the server's own: the engine's bytes never pass through it
    webseed::engine engine(context.get_executor());
    auto download = engine.add(*torrent, webseed::make_file_storage(*torrent, argv[2]));

    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    std::printf("port %d\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    asio::co_spawn(context, serve(acceptor, download), [](std::exception_ptr) {});

    // The old style of completion: any token will do.
    webseed::error_code result;
    download.async_run([&](webseed::error_code error) {
        result = error;
        acceptor.close();
    });
    context.run();
    if (result)
        std::fprintf(stderr, "%s\n", download.diagnosis().message.c_str());
    return result ? 1 : 0;
}
