#include "net/tls_server.hpp"

#include <webseed/network_check.hpp>

using namespace webseed;
using namespace webseed::test;

TEST_CASE("options that nothing could be reached with are told before anything is asked")
{
    tls_place const place;
    auto const ours = place.good;
    auto const others = place.authority.issue("others");
    struct row
    {
        char const* what;
        network_options options;
        std::string words; // none: nothing is wrong
    };
    auto const through = [](std::string proxy) {
        network_options made;
        made.proxy.all = std::move(proxy);
        return made;
    };
    auto const with = [](std::string trusted, std::string certificate, std::string key) {
        network_options made;
        made.tls.ca_file = std::move(trusted);
        made.tls.certificate_file = std::move(certificate);
        made.tls.key_file = std::move(key);
        return made;
    };
    for (auto const& row : {
             row{"nothing", {}, ""},
             row{"a proxy", through("socks5h://me:secret@h:1080"), ""},
             row{"no such port", through("http://me:secret@h:99999"), "proxy"},
             row{"port 0", through("h:0"), "proxy"},
             row{"no such scheme", through("ftp://me:secret@h"), "proxy"},
             row{"all files", with(ours.certificate, ours.certificate, ours.key), ""},
             row{"no authorities", with(ours.key, "", ""), ours.key},
             row{"no such authorities", with("/nowhere", "", ""), "/nowhere"},
             row{"no certificate", with("", ours.key, ours.key), ours.key},
             row{"no key", with("", ours.certificate, ""), ours.certificate},
             row{"another's key", with("", ours.certificate, others.key), others.key},
             row{"no certificate for the key", with("", "", ours.key), ours.key},
         })
    {
        CAPTURE(row.what);
        std::string detail;
        auto const error = check_network_options(row.options, detail);
        CAPTURE(detail);
        CHECK(error == (row.words.empty() ? error_code() : error_code(errc::option_invalid)));
        CHECK(detail.empty() == row.words.empty());
        CHECK(detail.find(row.words) != std::string::npos);
        CHECK(detail.find("secret") == std::string::npos);
    }
}
