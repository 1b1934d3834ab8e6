// What a redirect says: where to, and for how long that may be remembered. Pure.
#pragma once

#include "http/url.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace webseed::http {

/// The facts of its head that matter.
struct redirect_facts
{
    unsigned status = 0;
    /// What no URL can be made of where several contradict each other.
    std::optional<std::string_view> location;
    /// Of several fields all, with commas between them; empty: none.
    std::string cache_control;
    std::optional<std::string_view> expires;
    std::optional<std::string_view> date;
    std::optional<std::string_view> age;
};

struct redirect
{
    url target;
    /// From when it was received; 0: for the one request.
    std::chrono::seconds lifetime{};
};

/// Redirects are not remembered for longer than that, and permanent ones that say nothing of it for so long.
inline constexpr std::chrono::seconds redirect_lifetime_max = std::chrono::hours(24);
/// Temporary ones that say nothing of it. To be remembered at all they'd have to say so (RFC 9111 section 4.2.2); but a
/// mirror that has to answer a 302 to each of a file's hundreds of ranges is not served well by that, and one that has
/// gone meanwhile costs a request, not wrong bytes.
inline constexpr std::chrono::seconds redirect_lifetime_usual = std::chrono::minutes(5);

/// Whether a GET is redirected by this status, if there is a Location: 301, 302, 303, 307, 308.
bool is_redirect(unsigned status) noexcept;

/// Reads a redirect that was the answer to a request for `asked`. It may be remembered as a private cache may remember
/// it, but no longer than a signature in the target's query says that it is good (`Expires`, `X-Amz-Expires` and such).
/// @param detail  told why it is refused; no credentials.
/// Errors: errc::redirect_refused without one good Location, from https to http, and where the scheme isn't spoken.
/// RFC 9110 section 15.4, RFC 9111 section 4.2.
boost::system::result<redirect> read_redirect(redirect_facts const& facts, url const& asked, std::string& detail);

} // namespace webseed::http
