// Addresses in odd notations: "0xa9.0xfe.0xa9.0xfe.", "2852039166", "127.1". Everybody must take them for the same, or
// a rule about addresses would be asked of a name that somebody further on, such as a proxy, takes for an address.
// Pure. As the URL Standard has it ("ends in a number", "IPv4 parser"), and inet_aton().
//
//   address = number *3( "." number ) [ "." ]      the last number fills all bytes that are left
//   number  = decimal / "0" octal / "0x" [ hexadecimal ]
#pragma once

#include <optional>
#include <string>

namespace webseed::http {

/// @param host  a name or an IPv4 address, in lower case.
/// A host that ends in a number as an address in the usual notation; nothing, if it is none. Others as they are.
std::optional<std::string> with_usual_address(std::string host);

} // namespace webseed::http
