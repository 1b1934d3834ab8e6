#include "net/tls_server.hpp"

using namespace webseed;
using namespace webseed::test;

namespace {

using std::chrono::hours;

struct verdict
{
    error_code error;
    std::string detail{};
    std::string greeting{};
};

asio::awaitable<verdict>
visit(network_options options, certificate_files files, std::string host, int verify_mode = asio::ssl::verify_none)
{
    auto const executor = co_await asio::this_coro::executor;
    auto listener = listener_on(executor);
    auto context = context_of(files);
    context.set_verify_mode(verify_mode);
    if (!options.tls.ca_file.empty())
        context.load_verify_file(options.tls.ca_file);
    in_background(executor, serve_tls(listener, context, greeting("hello")));
    auto const net = net::make_tcp_network(std::move(options), everybody_is_here);
    verdict told;
    auto made = co_await net->connect(request_to("https", host, listener.local_endpoint().port()), told.detail);
    if (!made)
        told.error = made.error();
    else
        told.greeting = co_await read_until_error(**made, told.error);
    co_return told;
}

} // namespace

TEST_CASE("a certificate is good or refused, for a reason that is told; without verification any will do")
{
    tls_place const place;
    certificate_authority const others(place.directory.path(), "others");
    certificate_wish past;
    past.valid_from = hours(-48);
    past.valid_until = hours(-1);
    certificate_wish future;
    future.valid_from = hours(1);
    certificate_wish wildcard;
    wildcard.names = {"*.example.org"};
    certificate_wish only_in_subject;
    only_in_subject.names = {"localhost"};
    only_in_subject.addresses = {};
    certificate_wish client;
    client.is_for_client = true;
    struct row
    {
        char const* what;
        certificate_files files;
        char const* host;
        char const* refusal; // empty: it is good
    };
    for (auto const& row : {
             row{"good", place.good, "localhost", ""},
             row{"case, dot", place.good, "LocalHost.", ""},
             row{"by address", place.good, "127.0.0.1", ""},
             row{"past", place.authority.issue("past", past), "localhost", "the certificate has expired"},
             row{"future", place.authority.issue("future", future), "localhost", "the certificate is not yet valid"},
             row{"wrong name", place.good, "example.org", "the certificate is for another name"},
             row{"no address", place.authority.issue("name", only_in_subject), "127.0.0.1",
                 "the certificate is for another name"},
             row{"wildcard", place.authority.issue("wild", wildcard), "a.example.org", ""},
             row{"too deep", place.authority.issue("wild", wildcard), "a.b.example.org",
                 "the certificate is for another name"},
             row{"self-signed", issue_by_itself(place.directory.path(), "self"), "localhost",
                 "the certificate is signed by itself"},
             row{"other authority", others.issue("other"), "localhost", "the certificate is of an unknown authority"},
             row{"a client's", place.authority.issue("client", client), "localhost", "unsuitable certificate purpose"},
         })
    {
        CAPTURE(row.what);
        auto options = place.options();
        auto const strict = run(visit(options, row.files, row.host));
        auto const is_good = std::string(row.refusal).empty();
        CHECK(strict.error == (is_good ? error_code(asio::error::eof) : error_code(errc::certificate_refused)));
        CHECK(strict.detail == row.refusal);
        CHECK(strict.greeting == (is_good ? "hello" : ""));
        options.tls.verify = false;
        CHECK(run(visit(options, row.files, row.host)).greeting == "hello");
    }
    // Whoever is named as trusted is, and nobody else: not the system's authorities, of which none made ours.
    auto options = place.options();
    options.tls.ca_file = place.directory / "self.pem";
    CHECK(
        run(visit(options, {place.directory / "self.pem", place.directory / "self.key.pem"}, "localhost")).greeting ==
        "hello");
    options.tls.ca_file = {};
    CHECK(run(visit(options, place.good, "localhost")).error == errc::certificate_refused);
}

TEST_CASE("a server that asks for a certificate gets the one that is configured")
{
    tls_place const place;
    certificate_wish wish;
    wish.is_for_client = true;
    auto const own = place.authority.issue("own", wish);
    auto const strict = asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert;
    auto options = place.options();
    CHECK(run(visit(options, place.good, "localhost", strict)).greeting.empty());
    options.tls.certificate_file = own.certificate;
    options.tls.key_file = own.key;
    CHECK(run(visit(options, place.good, "localhost", strict)).greeting == "hello");
}

TEST_CASE("files that can't be read are named by every connection")
{
    tls_place const place;
    place.directory.write("empty.pem", "");
    auto const missing = (place.directory / "missing.pem").string();
    auto const empty = (place.directory / "empty.pem").string();
    auto const other_key = place.authority.issue("another").key;
    struct row
    {
        tls_options tls;
        std::string named;
    };
    for (auto const& row : {
             row{{missing, "", "", true}, missing},
             row{{empty, "", "", true}, empty},
             row{{"", missing, place.good.key, true}, missing},
             row{{"", place.good.certificate, missing, true}, missing},
             row{{"", place.good.certificate, "", true}, place.good.certificate}, // without a key in it
             row{{"", place.good.certificate, other_key, false}, other_key},
             row{{"", "", place.good.key, true}, place.good.key},
         })
    {
        network_options options;
        options.tls = row.tls;
        auto both = [](std::shared_ptr<network> net, std::string named) -> asio::awaitable<void> {
            auto const executor = co_await asio::this_coro::executor;
            auto listener = listener_on(executor);
            for (int i = 0; i != 2; ++i)
            {
                std::string detail;
                auto const made =
                    co_await net->connect(request_to("https", "localhost", listener.local_endpoint().port()), detail);
                REQUIRE_FALSE(made);
                CHECK(made.error() == errc::tls_failed);
                CAPTURE(detail);
                CHECK(detail.find(named) != std::string::npos);
            }
        };
        run(both(net::make_tcp_network(options, everybody_is_here), row.named));
    }
}
