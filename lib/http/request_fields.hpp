// Which fields of a request go where: what is meant for one server must not reach another. Pure.
#pragma once

#include "http/url.hpp"

#include <webseed/request_options.hpp>

#include <vector>

namespace webseed::http {

/// Whether it is a field by the book, and none of those that make the request itself (Host, Range, If-Range,
/// Connection, Content-Length, Proxy-Authorization, ...), which nobody else may set. RFC 9110 section 5.
bool is_sendable(header_field const& field) noexcept;

/// The fields that the options and the URL have for this server.
/// - The name and password in the seed's own URL: to its own origin. Where it has none, or only the name, the login for
/// the host,
/// wherever
///   the request goes; the login for no host in particular only to a seed that the user named, and to its own origin.
/// - The headers: only to a seed that the user named, and to its own origin. An Authorization among them replaces that
///   of a login.
/// Nobody gets a Referer that isn't among the headers.
/// @param to      the seed's own URL, or where a redirect leads.
/// @param origin  the seed's own URL.
std::vector<header_field>
fields_for(url const& to, url const& origin, bool is_named_by_user, request_options const& options);

/// Puts `more` behind the fields, and takes away those that had their names, written in whatever case.
void replace(std::vector<header_field>& fields, std::vector<header_field> more);

} // namespace webseed::http
