// Who may be reached. A torrent's seeds and a server's redirects are strangers' words: without rules they could make us
// ask whatever our machine can reach, such as a router or a cloud's metadata service.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace webseed {

/// An address that is about to be connected to.
struct reach_question
{
    boost::asio::ip::address address;
    std::uint16_t port = 0;
    /// As in the URL that leads there, in lower case: a name, or the address itself.
    std::string host;
    /// Whether that URL has a query; of a seed's own, one that isn't only there because we ask for a file or a piece.
    bool has_query = false;
    /// Whether the program or embedder named the seed, and not the torrent or magnet link.
    bool is_named_by_user = false;
    /// The number of the redirect that leads there; 0: the seed's own server.
    unsigned hop = 0;
    /// Of a redirect: whether the server that sent it is at a public address.
    bool is_from_public = false;
};

/// Whether it may be connected to. Called on the workers, for every address of every connection that isn't by a proxy.
using address_policy = std::function<bool(reach_question const&)>;

/// Whether it is an address of the internet that anybody may be meant by: not loopback, private, shared, link-local,
/// unique local, multicast, documentation, reserved, nor a cloud's metadata service; an IPv6 address that stands for an
/// IPv4 address counts as that.
bool is_public(boost::asio::ip::address const& address) noexcept;

/// Public addresses for everybody. Others for seeds that the user names, wherever they are; for seeds that a torrent
/// names, if the URL says so itself, by an address or "localhost", and has no query; and for redirects to such URLs by
/// servers that aren't public either. But link-local, metadata and reserved addresses for none but seeds that the user
/// names.
bool default_address_policy(reach_question const& question) noexcept;

} // namespace webseed
