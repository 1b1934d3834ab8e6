// An embedder's test, with nothing but what is installed: whether a download gets over a busy server, and leaves a
// liar. embedder DIRECTORY
#include <webseed/testing/answers.hpp>
#include <webseed/testing/certificates.hpp>
#include <webseed/testing/origin.hpp>

#include <webseed/engine.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

using namespace webseed::test;

int main(int, char** argv)
{
    std::filesystem::path const place(argv[1]);
    std::string const content(1'000'000, 'w');
    std::ofstream(place / "f", std::ios::binary) << content;

    certificate_authority const authority(place);
    auto const files = authority.issue("server");
    origin_options how;
    how.certificate_file = files.certificate;
    how.key_file = files.key;
    origin_thread honest(first(status(503, {{"Retry-After", "0"}})).then(serve(content)), how);
    origin_thread liar(corrupt(serve(content)));

    webseed::network_options trust;
    trust.tls.ca_file = authority.file();
    webseed::engine_options options;
    options.net = webseed::make_tcp_network(trust);
    boost::asio::io_context context;
    auto const guard = boost::asio::make_work_guard(context);
    std::thread loop([&] { context.run(); });
    auto ok = false;
    {
        webseed::engine engine(context.get_executor(), options);
        auto const made = engine.async_make_torrent(place / "f", {}, boost::asio::use_future).get();
        auto const torrent = webseed::metainfo::parse(made.bytes).value();
        auto into = webseed::make_memory_storage(torrent);
        auto download = engine.add(torrent, std::move(into), {honest->url(), liar->url()});
        download.async_run(boost::asio::use_future).get();
        ok = download.stats().bytes_verified == content.size() && honest->requests() > 1;
    }
    context.stop();
    loop.join();
    std::puts(ok ? "all is right" : "something is missing");
}
