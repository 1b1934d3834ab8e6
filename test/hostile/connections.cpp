// Servers that can't be reached, or whose connections can't be relied upon, by the rows of the table of threats.
#include "hostile/meeting.hpp"

#include "support/certificates.hpp"
#include "support/printing.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/error.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

using content_text = std::string const&;

origin_options tls_with(certificate_files const& files)
{
    origin_options made;
    made.certificate_file = files.certificate;
    made.key_file = files.key;
    return made;
}

void trust(meeting& m, std::string ca_file)
{
    network_options how;
    how.tls.ca_file = std::move(ca_file);
    m.engine_how.net = make_tcp_network(how);
}

} // namespace

TEST_CASE("H13: nobody listens")
{
    meeting alone;
    alone.add(stall()).close();
    CHECK(alone.run() == boost::asio::error::connection_refused);
    CHECK_FALSE(alone.cause().message.empty());

    meeting both;
    both.add(stall()).close();
    both.add_honest();
    CHECK(both.run() == error_code());
    CHECK(both.has_content());
    CHECK(both.told_of(0) == boost::asio::error::connection_refused);
}

TEST_CASE("H13: a name that nobody has, and an address of a name that may not be reached, beside a good mirror")
{
    meeting unknown;
    unknown.add(stall());
    unknown.add_honest();
    unknown.rename_first([](std::string const&) { return "http://nowhere.invalid/f"; });
    CHECK(unknown.run() == error_code());
    CHECK(unknown.has_content());
    CHECK(unknown.told_of(0) == errc::resolve_failed);

    meeting m;
    auto const& server = m.add(serve(m.content));
    m.rename_first([&](std::string const&) { return server.url_at("localhost"); });
    m.engine_how.addresses = [](reach_question const& question) { return question.address.is_v4(); };
    CHECK(m.run() == error_code());
    CHECK(m.has_content());
    CHECK(m.last().seeds.at(0).failures == 0);
}

TEST_CASE("H13: of a name with several addresses one that answers is enough")
{
    meeting m;
    auto const& server = m.add(serve(m.content));
    m.rename_first([&](std::string const&) { return server.url_at("localhost"); });
    CHECK(m.run() == error_code());
    CHECK(m.has_content());
    CHECK(m.last().seeds.at(0).failures == 0);
}

TEST_CASE("H15: a server that closes kept-alive connections as it likes costs connections, and no failures")
{
    meeting m;
    auto const& server = m.add(then_hang_up(serve(m.content)));
    CHECK(m.run() == error_code());
    CHECK(m.has_content());
    CHECK(m.last().seeds.at(0).failures == 0);
    CHECK(server.connections() > 2);
}

TEST_CASE("H15: what comes unasked behind a response is never taken for the next one")
{
    meeting m;
    auto const lie =
        response("206 Partial Content", "Content-Range: bytes 65536-131071/300000\r\n", std::string(65536, 'x'));
    auto const& server = m.add(with_junk(lie, serve(m.content)));
    CHECK(m.run() == error_code());
    CHECK(m.has_content());
    CHECK(m.last().seeds.at(0).failures == 0);
    CHECK(m.last().seeds.at(0).pieces_bad == 0);
    CHECK(server.connections() > 2);
}

TEST_CASE("H15: a server that answers before it is asked")
{
    meeting m;
    origin_options how;
    how.greeting = raw("220 ready\r\n");
    m.add(serve(m.content), how);
    m.add_honest();
    CHECK(m.run() == error_code());
    CHECK(m.has_content());
    CHECK(m.told_of(0) == errc::response_invalid);
}

TEST_CASE("H14: a server is believed only if its certificate is right")
{
    temporary_directory place;
    certificate_authority const authority(place.path());
    certificate_authority const stranger(place.path(), "stranger");
    certificate_wish good;
    certificate_wish other_name;
    other_name.names = {"example.com"};
    other_name.addresses = {"192.0.2.1"};
    certificate_wish expired;
    expired.valid_from = -48h;
    expired.valid_until = -24h;
    certificate_wish not_yet;
    not_yet.valid_from = 24h;
    not_yet.valid_until = 48h;
    certificate_wish client;
    client.is_for_client = true;
    struct
    {
        std::string what;
        certificate_files files;
        error_code error;
    } const rows[] = {
        {"right", authority.issue("good", good), {}},
        {"another name", authority.issue("other_name", other_name), errc::certificate_refused},
        {"expired", authority.issue("expired", expired), errc::certificate_refused},
        {"not yet", authority.issue("not_yet", not_yet), errc::certificate_refused},
        {"a client's", authority.issue("client", client), errc::certificate_refused},
        {"an unknown authority", stranger.issue("unknown", good), errc::certificate_refused},
        {"its own authority", issue_by_itself(place.path(), "itself", good), errc::certificate_refused},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.what);
        meeting alone;
        auto const& server = alone.add(serve(alone.content), tls_with(row.files));
        trust(alone, authority.file());
        CHECK(alone.run() == row.error);
        CHECK(alone.has_content() == !row.error);
        CHECK((server.requests() == 0) == row.error.failed());
        CHECK(alone.told_of(0) == row.error);
    }
}

TEST_CASE("H14: a server that never agrees on TLS, or speaks something else")
{
    auto const secure = [](meeting& m) {
        m.how.handshake_timeout = 200ms;
        m.rename_first([](std::string url) { return "https" + url.substr(4); });
    };
    check_useless({"silence", [](content_text) { return stall(); }, errc::handshake_timed_out}, secure, true);

    meeting m;
    origin_options how;
    how.greeting = raw("HTTP/1.1 400 Bad Request\r\n\r\n");
    m.add(stall(), how);
    secure(m);
    CHECK(m.run() == errc::tls_failed);
}

TEST_CASE("H14: a body whose end is told by the end of the connection isn't whole when TLS doesn't say so")
{
    temporary_directory place;
    certificate_authority const authority(place.path());
    auto const files = authority.issue("server");
    struct
    {
        std::string what;
        std::function<server(std::string const&)> made;
        bool completes;
    } const rows[] = {
        {"an orderly end", [](content_text content) { return until_end(content); }, true},
        {"cut", [](content_text content) { return close_without_notify(0, until_end(content)); }, false},
        {"cut in a body of known length", [](content_text content) { return close_without_notify(0, serve(content)); },
         false},
        {"cut behind a body of known length",
         [](content_text content) { return close_without_notify(content.size(), serve(content)); }, true},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.what);
        meeting m;
        m.add(row.made(m.content), tls_with(files));
        trust(m, authority.file());
        CHECK(!m.run() == row.completes);
        CHECK(m.has_content() == row.completes);
        CHECK(m.is_truthful());
    }
}

TEST_CASE("H1, H4, H5: behind TLS, too, no response is worth more than it is")
{
    temporary_directory place;
    certificate_authority const authority(place.path());
    auto const files = authority.issue("server");
    useless_kind const rows[] = {
        {"a head without an end", [](content_text) { return endless_head(); }, errc::head_too_large},
        {"interim responses", [](content_text) { return interim_flood(); }, errc::response_invalid},
        {"another file", [](content_text content) { return whole_file(content + "more"); }, errc::range_mismatch},
        {"a body without an end", [](content_text) { return endless_body(); }, errc::range_mismatch},
        {"ends at once", [](content_text content) { return truncate_after(0, serve(content)); }, errc::body_truncated},
        {"chunks, cut", [](content_text content) { return truncate_after(10, chunked(content)); },
         errc::body_truncated},
        {"204 with a body", [](content_text content) { return status(204, {}, content); }, errc::status_unexpected},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.what);
        meeting m;
        auto const& server = m.add(row.made(m.content), tls_with(files));
        trust(m, authority.file());
        CHECK(m.run() == row.error);
        CHECK(m.is_truthful());
        CHECK(server.requests() > 0);
        CHECK(m.last().bytes_received <= 3 * m.content.size());
    }
}
