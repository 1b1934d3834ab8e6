// Which proxy leads to an endpoint, if any: what proxy_options mean.
//
//   proxy = [ ( "http" | "https" | "socks5" | "socks5h" ) "://" ] [ user [ ":" password ] "@" ] host [ ":" port ] [ "/"
//   ] none  = rule *( ( "," | " " ) rule ) rule  = "*" | [ "." | "*." ] name [ ":" port ] | address [ ":" port ] |
//   address "/" bits [ ":" port ]
//
// User and password are percent-encoded. An IPv6 address stands in brackets where a port follows, and in a proxy's URL.
#pragma once

#include <webseed/network.hpp>
#include <webseed/network_options.hpp>

#include <boost/system/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace webseed::net {

struct proxy
{
    enum class kind
    {
        http,
        https,
        socks5,  // is given addresses
        socks5h, // is given names
    };

    kind speaks = kind::http;
    /// Its scheme is "https" if it is reached by TLS, else "http".
    endpoint at;
    /// Set if the URL has a user.
    std::optional<std::string> user{};
    std::string password{};

    friend bool operator==(proxy const&, proxy const&) = default;
};

/// Errors: errc::proxy_failed, for anything that isn't by the grammar.
boost::system::result<proxy> parse_proxy(std::string_view url);

/// Whether `to` is reached without a proxy, by the rules `none`. Those that can't be read are for nobody.
bool is_exempt(std::string_view none, endpoint const& to);

/// The proxy for `to`, if there is one. Errors: errc::proxy_failed, if its URL can't be read.
boost::system::result<std::optional<proxy>> choose_proxy(proxy_options const& options, endpoint const& to);

/// The value of Proxy-Authorization (RFC 7617); empty without a user.
std::string basic_authorization(proxy const& by);

/// `host:port`, for people and Host headers.
std::string to_text(endpoint const& at);

} // namespace webseed::net
