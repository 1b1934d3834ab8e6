// Names to addresses by the system's resolver, which blocks.
#pragma once

#include "net/addresses.hpp"

#include <functional>
#include <optional>
#include <string>

namespace webseed::net {

struct lookup_answer
{
    address_list addresses;
    /// Why there are none, for people.
    std::string reason;
};

/// Runs on a thread of its own, and may take its time.
using lookup_function = std::function<lookup_answer(std::string const& host)>;

lookup_answer look_up(std::string const& host);

/// The address that `host` is, in any form that the system's resolver would take for one ("127.1", "0x7f000001",
/// "fe80::1%eth0"). Not set: it is a name.
std::optional<boost::asio::ip::address> as_address(std::string const& host);

} // namespace webseed::net
