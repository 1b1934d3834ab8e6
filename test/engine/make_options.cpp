#include "engine/make_options.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace webseed;
using namespace webseed::core;

TEST_CASE("a torrent is called as its path ends")
{
    for (auto const& [path, name] : std::vector<std::pair<std::string, std::string>>{
             {"a", "a"},
             {"/x/a.b", "a.b"},
             {"x/a/", "a"},
             {"x/a//", "a"},
             {"x/./a/.", "a"},
             {"x/b/../a", "a"},
             {".", ""},
             {"/", ""},
             {"..", ""},
             {"../..", ""},
             {"", ""},
         })
    {
        CAPTURE(path);
        CHECK(name_of(path) == name);
    }
}

TEST_CASE("options that no torrent can have are refused, with their value")
{
    auto const message_of = [](auto const& change) {
        make_options options;
        change(options);
        diagnostics cause;
        auto const error = check(options, cause);
        CHECK(error == (cause.message.empty() ? error_code() : error_code(errc::option_invalid)));
        return cause.message;
    };
    for (std::uint64_t const right : {std::uint64_t(0), std::uint64_t(16384), std::uint64_t(1) << 30})
        CHECK(message_of([&](make_options& options) { options.piece_length = right; }) == "");
    for (std::uint64_t const wrong :
         {std::uint64_t(1), std::uint64_t(8192), std::uint64_t(16385), std::uint64_t(1) << 50})
        CHECK(message_of([&](make_options& options) {
                  options.piece_length = wrong;
              }) == "piece length " + std::to_string(wrong) + ": not a power of two from 16 KiB on");
    for (auto const* const right : {"a", "a b", "...", "\xff"})
        CHECK(message_of([&](make_options& options) { options.name = right; }) == "");
    for (auto const& wrong :
         {std::string("."), std::string(".."), std::string("a/b"), std::string("a\0b", 3), std::string(256, 'x')})
        CHECK(message_of([&](make_options& options) {
                  options.name = wrong;
              }) == "name " + wrong + ": not one that a file could have");
    for (auto const* const right : {"http://host/", "https://host/file?x", "http://[::1]:80/a b"})
        CHECK(message_of([&](make_options& options) { options.web_seeds = {right}; }) == "");
    for (auto const* const wrong : {"", "host", "ftp://host/", "http://", "https://", "/path"})
        CHECK(message_of([&](make_options& options) {
                  options.web_seeds = {"http://a/", wrong};
              }) == "web seed " + std::string(wrong) + ": no URL of http or https");
    CHECK(message_of([](make_options& options) {
              options.web_seeds = {"ftp://me:secret@host/"};
          }) == "web seed ftp://host/: no URL of http or https");
}

TEST_CASE("the web seeds of a directory end in a slash, those of a file are left alone")
{
    make_options options;
    options.web_seeds = {"http://a", "http://a/b/", "http://a/c", "http://a/d?e"};
    CHECK(web_seeds_of(options, false) == options.web_seeds);
    CHECK(
        web_seeds_of(options, true) ==
        std::vector<std::string>{"http://a/", "http://a/b/", "http://a/c/", "http://a/d?e"});
}
