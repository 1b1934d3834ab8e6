// Servers that send us elsewhere, by the rows of the table of threats.
#include "hostile/meeting.hpp"

#include "support/certificates.hpp"
#include "support/printing.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace webseed;
using namespace webseed::test;

namespace {

using content_text = std::string const&;

// An honest server that is no seed, to be led to.
origin& target(meeting& m)
{
    return m.add_bystander(serve(m.content));
}

bool has_heard(origin const& server, std::string const& text)
{
    for (auto const& head : server.heads())
        if (head.find(text) != std::string::npos)
            return true;
    return false;
}

} // namespace

TEST_CASE("H9: redirects are followed, relative ones, too, and are no failures")
{
    for (auto const code : {301u, 302u, 303u, 307u, 308u})
    {
        CAPTURE(code);
        meeting m;
        auto const& elsewhere = target(m);
        m.add(by_path({{"/f", redirect_to("a/b?c", code)}, {"/a/b", redirect_to(elsewhere.url("/g"), code)}}));
        CHECK(m.run() == error_code());
        CHECK(m.has_content());
        CHECK(m.last().seeds.at(0).failures == 0);
        CHECK(elsewhere.requests() > 0);
    }
}

TEST_CASE("H9: loops, chains without an end, and redirects to where none may lead")
{
    useless_kind const rows[] = {
        {"to itself", [](content_text) { return redirect_to("/f"); }, errc::redirect_limit},
        {"in a circle",
         [](content_text) {
             return by_path({{"/f", redirect_to("/g")}, {"/g", redirect_to("/f")}});
         },
         errc::redirect_limit},
        {"to nowhere", [](content_text) { return status(302); }, errc::redirect_refused},
        {"to another scheme", [](content_text) { return redirect_to("ftp://127.0.0.1/f"); }, errc::redirect_refused},
        {"to a file", [](content_text) { return redirect_to("file:///etc/passwd"); }, errc::redirect_refused},
        {"to what is no URL", [](content_text) { return redirect_to("http://[::1/f"); }, errc::redirect_refused},
    };
    for (auto const& row : rows)
        check_useless(row);

    meeting m;
    auto const& server = m.add([](request const& asked) { return redirect_to(asked.target + "f")(asked); });
    m.how.redirect_count_max = 3;
    m.how.seed_failure_count_max = 1;
    CHECK(m.run() == errc::redirect_limit);
    CHECK(server.requests() == 4);
}

TEST_CASE("H9: nobody leads from https to http")
{
    temporary_directory place;
    certificate_authority const authority(place.path());
    auto const files = authority.issue("server");
    origin_options how;
    how.certificate_file = files.certificate;
    how.key_file = files.key;
    meeting m;
    auto const& elsewhere = target(m);
    m.add(redirect_to(elsewhere.url()), how);
    network_options trust;
    trust.tls.ca_file = authority.file();
    m.engine_how.net = make_tcp_network(trust);
    CHECK(m.run() == errc::redirect_refused);
    CHECK(elsewhere.connections() == 0);
}

TEST_CASE("H10: who may be reached is asked for every hop, and with the address")
{
    meeting m;
    auto const& elsewhere = target(m);
    m.add(redirect_to(elsewhere.url_at("localhost")));
    m.engine_how.addresses = [](reach_question const& question) { return question.hop == 0; };
    CHECK(m.run() == errc::address_refused);
    CHECK(elsewhere.connections() == 0);
}

TEST_CASE("H10: where a public server leads is public, or isn't reached, however its address is written")
{
    // The part of the public server is played at 127.0.0.1.
    auto const as_if_public = [](reach_question question) {
        question.is_from_public = question.hop != 0;
        return question.address.to_string() == "127.0.0.1" || default_address_policy(question);
    };
    for (auto const* const place :
         {"10.0.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "127.0.0.2", "0.0.0.0", "2130706434",
          "0x7f000002", "127.2", "[::1]", "[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]",
          "[2002:a00:1::]"})
    {
        CAPTURE(place);
        meeting m;
        auto const& elsewhere = target(m);
        m.add(redirect_to(elsewhere.url_at(place)));
        m.engine_how.addresses = as_if_public;
        CHECK(m.run() == errc::address_refused);
        CHECK(elsewhere.connections() == 0);
        CHECK(m.cause().message.find(" redirects to ") != std::string::npos);
    }

    meeting m;
    auto const& elsewhere = target(m);
    m.add(redirect_to(elsewhere.url_at("localhost"))); // of whose addresses one will do
    m.engine_how.addresses = as_if_public;
    CHECK(m.run() == error_code());
    CHECK(m.has_content());
}

TEST_CASE("H10: nobody but the user leads to a cloud's metadata, or to the machine's own network")
{
    for (auto const* const place : {"http://169.254.169.254/f", "http://[fe80::1]/f", "http://[fd00:ec2::254]/f"})
    {
        CAPTURE(place);
        meeting m;
        m.add(redirect_to(place));
        CHECK(m.run() == errc::address_refused);

        meeting of_torrent;
        of_torrent.how.more_torrent_seeds = {place};
        CHECK(of_torrent.run() == errc::address_refused);
    }
}

TEST_CASE("H10: a torrent's seed doesn't lead to this machine by a query")
{
    meeting m;
    auto const& here = target(m);
    m.how.more_torrent_seeds = {here.url("/f?command=reboot")};
    CHECK(m.run() == errc::address_refused);
    CHECK(here.connections() == 0);
}

TEST_CASE("H11: credentials and headers stay with the origin they are for, and are told to nobody")
{
    meeting m;
    auto const& elsewhere = target(m);
    auto const& server = m.add(redirect_to(elsewhere.url()));
    auto const& other = m.add(serve(m.content));
    m.rename_first([](std::string url) { return url.replace(0, 7, "http://user:s3cret@"); });
    m.how.headers = {{"X-Token", "t0ken"}};
    CHECK(m.run() == error_code());
    CHECK(has_heard(server, "Authorization: Basic dXNlcjpzM2NyZXQ="));
    CHECK(has_heard(server, "t0ken"));
    CHECK_FALSE(has_heard(elsewhere, "Authorization"));
    CHECK_FALSE(has_heard(elsewhere, "t0ken"));
    CHECK_FALSE(has_heard(other, "Authorization"));
    for (auto const& seed : m.last().seeds)
        CHECK(seed.url.find("s3cret") == std::string::npos);

    meeting refused;
    refused.add(status(401));
    refused.rename_first([](std::string url) { return url.replace(0, 7, "http://user:s3cret@"); });
    CHECK(refused.run() == errc::unauthorized);
    CHECK(refused.cause().message.find("s3cret") == std::string::npos);
    CHECK(refused.cause().url.find("s3cret") == std::string::npos);
}
