// What tells versions of a file apart: a strong ETag, or when it was modified last. Pure.
#pragma once

#include "http/range_response.hpp"

#include <string>
#include <string_view>

namespace webseed::http {

/// What an If-Range may say later in order to get more of the same bytes: a strong ETag, else a Last-Modified unless
/// the file was modified in the very second of the answer; empty: there is none. RFC 9110 section 8.8.
std::string validator_of(response_facts const& facts);

/// Whether a 206 or 200 is of another version than `validator`, which an earlier response had. A validator of the other
/// kind says nothing.
/// @param was_sent  as If-Range: then a 200 says so, too, unless it has that very validator.
bool is_other_version(response_facts const& facts, std::string_view validator, bool was_sent) noexcept;

} // namespace webseed::http
