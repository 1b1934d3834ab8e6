#include "connecting.hpp"

#include "format.hpp"
#include "netrc.hpp"

#include <webseed/address_policy.hpp>
#include <webseed/network_check.hpp>
#include <webseed/shown_url.hpp>

#include <CLI/App.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace webseed::app {

namespace {

// The texts of errors never have the value that is wrong: it may be secret.

bool has_control_bytes(std::string_view text)
{
    return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; });
}

header_field header_of(std::string_view text)
{
    constexpr std::string_view token = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
    auto const colon = text.find(':');
    auto const name = text.substr(0, colon);
    if (colon == text.npos || name.empty() || name.find_first_not_of(token) != name.npos || has_control_bytes(text))
        throw CLI::ValidationError("--header", "must be as in 'Name: value'");
    auto value = text.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    value = value.substr(0, value.find_last_not_of(" \t") + 1);
    return {std::string(name), std::string(value)};
}

std::string proxy_of(std::string const& url)
{
    constexpr std::array<std::string_view, 4> known{"http", "https", "socks5", "socks5h"};
    auto const end = url.find("://");
    auto const is_known = end == url.npos || std::ranges::find(known, url.substr(0, end)) != known.end();
    if (!is_known || has_control_bytes(url))
        throw CLI::ValidationError("--proxy", "must be a URL of http, https, socks5 or socks5h");
    return url;
}

std::string of_environment(std::initializer_list<char const*> names)
{
    for (auto const* const name : names)
        if (auto const* const value = std::getenv(name); value != nullptr && *value != '\0')
            return value;
    return {};
}

proxy_options proxies_of(connecting_options const& options)
{
    proxy_options proxies;
    if (options.proxy)
        proxies.all = *options.proxy;
    else
    {
        // Not HTTP_PROXY: in a CGI program that is a header of whoever asks.
        proxies.http = of_environment({"http_proxy"});
        proxies.https = of_environment({"https_proxy", "HTTPS_PROXY"});
        proxies.all = of_environment({"all_proxy", "ALL_PROXY"});
    }
    proxies.none = options.no_proxy ? *options.no_proxy : of_environment({"no_proxy", "NO_PROXY"});
    return proxies;
}

void add_tls(CLI::App& command, tls_options& tls)
{
    command.add_option("--cacert", tls.ca_file, "A PEM file of the certificates to trust, instead of the system's")
        ->check(CLI::ExistingFile)
        ->type_name("FILE");
    auto* const certificate =
        command.add_option("--cert", tls.certificate_file, "A PEM file of the certificate to show to servers")
            ->check(CLI::ExistingFile)
            ->type_name("FILE");
    command.add_option("--key", tls.key_file, "A PEM file of its key, unless the same file has it")
        ->check(CLI::ExistingFile)
        ->type_name("FILE")
        ->needs(certificate);
    command.add_flag_callback(
        "--insecure", [&tls] { tls.verify = false; },
        "Trust any certificate: pieces are still verified, but anybody may read what is sent");
}

} // namespace

void add_rate(CLI::App& command, char const* name, std::uint64_t& rate, char const* help)
{
    auto const read = [name, &rate](std::string const& text) {
        auto const bytes = parse_size(text);
        if (!bytes)
            throw CLI::ValidationError(name, "must be bytes a second, as in 500K or 2M");
        rate = *bytes;
    };
    command.add_option_function<std::string>(name, read, help)->type_name("RATE");
}

void add_seconds(
    CLI::App& command, char const* name, std::initializer_list<std::chrono::milliseconds*> set, char const* help)
{
    std::vector<std::chrono::milliseconds*> const targets(set);
    auto const read = [name, targets](double seconds) {
        if (!(seconds >= 0.001 && seconds <= 86400)) // also what is no number
            throw CLI::ValidationError(name, "must be a number of seconds up to 86400");
        for (auto* const target : targets)
            *target = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
    };
    command.add_option_function<double>(name, read, help)->type_name("SECONDS");
}

void connecting_options::add_to(CLI::App& command)
{
    add_tls(command, tls);
    auto const read_header = [this](std::vector<std::string> const& texts) {
        requests.headers.clear();
        for (auto const& text : texts)
            requests.headers.push_back(header_of(text));
    };
    command
        .add_option_function<std::vector<std::string>>(
            "--header", read_header,
            "A field for requests to the servers named here, by SOURCE and --mirror, and to no others, such as those "
            "that a torrent names or that a redirect leads to; may be given several times. Those that make a request "
            "what "
            "it is, such as Host and Range, are left out")
        ->expected(1)
        ->take_all()
        ->type_name("'NAME: VALUE'");
    command.add_option("--user-agent", requests.user_agent, "What the program calls itself")
        ->check([](std::string const& text) { return has_control_bytes(text) ? "must be one line" : std::string(); })
        ->type_name("TEXT");
    auto* const netrc = command.add_flag("--netrc", reads_netrc, "Users' names and passwords from ~/.netrc");
    command.add_option("--netrc-file", netrc_file, "The same from this file")->excludes(netrc)->type_name("FILE");
    auto const read_proxy = [this](std::string const& url) { proxy = proxy_of(url); };
    command
        .add_option_function<std::string>(
            "--proxy", read_proxy,
            "[http|https|socks5|socks5h]://[USER:PASSWORD@]HOST[:PORT]; '' for none; else as the environment says: "
            "http_proxy, https_proxy, all_proxy")
        ->type_name("URL");
    command
        .add_option(
            "--no-proxy", no_proxy, "Names, addresses and networks to reach without; else no_proxy of the environment")
        ->type_name("LIST");
    add_rate(command, "--limit-rate", rate_max, "Bytes a second, as in 500K or 2M, of everything together");
    command.add_flag(
        "--allow-private", allows_private,
        "Ask the torrent's seeds at private addresses, too, as those that are named here, and follow such servers to "
        "each "
        "other, whatever their names");
    auto* const four = command.add_flag_callback(
        "-4", [this] { family = address_family::ipv4; }, "IPv4 alone");
    command
        .add_flag_callback(
            "-6", [this] { family = address_family::ipv6; }, "IPv6 alone")
        ->excludes(four);
    add_seconds(
        command, "--connect-timeout",
        {&requests.resolve_timeout, &requests.connect_timeout, &requests.handshake_timeout},
        "For each of finding the address, connecting, and TLS; 10, 20 and 20 unless given");
    add_seconds(command, "--timeout", {&requests.head_timeout}, "From a request to its response; 30 unless given");
    add_seconds(command, "--stall-timeout", {&requests.stall_timeout}, "Without bytes to speak of; 20 unless given");
    command.add_option("--max-redirect", requests.redirect_count_max, "Redirects to follow for a request")
        ->check(CLI::Range(0u, 100u))
        ->capture_default_str()
        ->type_name("COUNT");
}

error_code check_mirrors(std::vector<std::string> const& mirrors, diagnostics& cause)
{
    for (auto const& mirror : mirrors)
    {
        auto scheme = mirror.substr(0, std::min(mirror.find("://"), mirror.size()));
        std::ranges::transform(scheme, scheme.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
        if (scheme != mirror && (scheme == "http" || scheme == "https"))
            continue;
        cause.message = "--mirror " + shown_url(mirror) + ": not an http or https URL";
        return errc::option_invalid;
    }
    return {};
}

boost::system::result<connection_settings> make_settings(connecting_options const& options, diagnostics& cause)
{
    connection_settings settings;
    settings.requests = options.requests;
    settings.engine.rate_max = options.rate_max;
    if (options.allows_private)
        settings.engine.addresses = [](reach_question question) {
            question.is_named_by_user = true;
            if (question.hop != 0 && !question.is_from_public)
            {
                // Neighbours lead to each other, whatever they are called and asked.
                question.host = question.address.to_string();
                question.has_query = false;
            }
            return default_address_policy(question);
        };
    network_options net;
    net.tls = options.tls;
    net.family = options.family;
    net.proxy = proxies_of(options);
    // What the environment says may be for others; whoever needs it is told.
    auto given = net;
    if (!options.proxy)
        given.proxy = {};
    if (auto const error = check_network_options(given, cause.message))
        return error;
    settings.engine.net = make_tcp_network(std::move(net));
    if (!options.tls.verify)
        std::fprintf(
            stderr, "warning: --insecure: no certificate is looked at; anybody may pose as a server, and read what is "
                    "sent to it\n");
    auto file = options.netrc_file;
    if (options.reads_netrc)
        file = of_environment({"HOME"}) + "/.netrc";
    if (file.empty())
        return settings;
    auto logins = read_netrc(file, cause.message);
    if (!logins)
        return logins.error();
    settings.requests.logins = std::move(*logins);
    return settings;
}

} // namespace webseed::app
