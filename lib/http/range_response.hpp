// What the head of a response means for a request of one range, or of a whole body. Pure.
//
//   Content-Range = "bytes" SP first "-" last "/" ( total / "*" )          RFC 9110 section 14.4
#pragma once

#include <webseed/error.hpp>
#include <webseed/types.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace webseed::http {

struct content_range
{
    std::uint64_t first = 0;
    std::uint64_t last = 0; // inclusive, as on the wire
    std::optional<std::uint64_t> total;

    friend bool operator==(content_range const&, content_range const&) = default;
};

/// Nothing for what is malformed, unsatisfied ("bytes */N"), backwards or beyond its own total. The unit's case is
/// free.
std::optional<content_range> parse_content_range(std::string_view field) noexcept;

/// How long to wait: a number of seconds, or a date, measured against the response's own Date field, since our clock
/// may be another. A century at most; nothing for anything else, or a date without a Date.
std::optional<std::chrono::seconds>
parse_retry_after(std::string_view field, std::optional<std::string_view> date = {}) noexcept;

/// How long to wait, as the body of a 503 may say (BEP 17): a number of seconds, with white space around it.
std::optional<std::chrono::seconds> parse_wait(std::string_view body) noexcept;

/// The facts of a response head that matter.
struct response_facts
{
    unsigned status = 0;
    std::optional<std::string_view> content_range;
    std::optional<std::string_view> content_type;
    std::optional<std::string_view> content_encoding;
    std::optional<std::string_view> transfer_encoding;
    std::optional<std::uint64_t> content_length;
    std::optional<std::string_view> etag;
    std::optional<std::string_view> last_modified;
    std::optional<std::string_view> date;
};

/// How to take the body.
struct body_plan
{
    /// Not set: no body of use.
    error_code error;
    /// Bytes of the body in front of the range.
    std::uint64_t skip = 0;
    /// Length of the whole body, where it is known.
    std::optional<std::uint64_t> length;
};

/// What is asked for, and so what the right answer is.
enum class answer_kind
{
    /// Bytes of a file of known size; see judge().
    range,
    /// A body of one length, neither more nor less, or what it is a part of, such as a BEP 17 script sends; see
    /// judge_exact().
    exact,
    /// A body of any length up to a limit; see judge_document().
    document,
};

/// The most that is read and thrown away in order to reach the range in a response that begins at byte 0, unless
/// whoever asks knows that there is no other way.
inline constexpr std::uint64_t skip_size_max = 48 * 1024;

/// Judges the head of a response to "give me `range` of a file of `file_size` bytes". A 206 must carry the range from
/// its first byte on, and may stop short of its end; a 200 will do if the range begins near the start of the file.
/// @param is_page  whether the file itself is a page of HTML, to judge by its name.
/// @param skip_max  how near.
/// Errors: errc::not_found, errc::unauthorized, errc::overloaded, errc::status_unexpected, errc::range_mismatch,
/// errc::range_ignored, errc::encoding_refused, errc::response_invalid; errc::page_instead for HTML in a 200 that
/// hasn't the size of the file, or doesn't tell it and should be no page.
body_plan judge(
    response_facts const& facts, byte_range range, std::uint64_t file_size, bool is_page = false,
    std::uint64_t skip_max = skip_size_max) noexcept;

/// Judges the head of a response to a request that tells `range` in a way of its own, or, if `is_all_asked`, not at
/// all: a 200 with a body of those bytes, neither more nor less, or with all `file_size` bytes. Where the head doesn't
/// say the length, the body is what was asked for, and still to be counted. Errors: as of judge(), but for
/// range_ignored and page_instead.
/// @param file_size  0: that of the range.
body_plan judge_exact(
    response_facts const& facts, byte_range range, std::uint64_t file_size = 0, bool is_all_asked = false) noexcept;

/// The same for a body of at most `size_max` bytes. Errors: as of judge_exact(), with errc::document_too_large instead
/// of range_mismatch.
body_plan judge_document(response_facts const& facts, std::uint64_t size_max) noexcept;

} // namespace webseed::http
