// The head of a request as text, and what is found in the head of a response.
#pragma once

#include "http/connection.hpp"
#include "http/range_response.hpp"
#include "http/redirect.hpp"

#include <webseed/network.hpp>

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace webseed::http {

using response_parser = boost::beast::http::response_parser<boost::beast::http::buffer_body>;

/// The request, which has no body. Its own fields replace User-Agent and Accept; those that can't be sent are left out.
/// @param peer  a proxy that is to be asked for whole URLs, or not.
std::string request_head(range_request const& request, std::string const& user_agent, stream_facts const& peer);

/// Whether the request asks for a part of the file, and not for all there is.
bool has_range(range_request const& request) noexcept;

/// The field's value. Several that differ contradict each other, and make a control byte, which no good value has.
/// Valid as long as `head`.
std::optional<std::string_view> field_of(response_parser::value_type const& head, boost::beast::http::field name);

/// Valid as long as `parsed`, whose head is done.
response_facts response_facts_of(response_parser const& parsed);

/// The same for a redirect.
redirect_facts redirect_facts_of(response_parser const& parsed);

/// The size of the head that `bytes` begin with, up to its empty line; 0: not all of it is there. So as not to wait
/// long for something else than HTTP, the first bytes and the ends of lines are looked at before. Errors:
/// errc::response_invalid.
boost::system::result<std::size_t> size_of_head(std::span<std::byte const> bytes);

} // namespace webseed::http
