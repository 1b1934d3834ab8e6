// What can go wrong, as values. Errors of Asio and of the operating system pass through unchanged
// where nothing is to be added; everything else is an `errc` with a `diagnostics` that names the thing.
#pragma once

#include <webseed/types.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

#include <optional>
#include <string>
#include <type_traits>

namespace webseed {

using boost::system::error_code;

enum class errc
{
    /// The bytes are not a bencoded dictionary, or break a rule or a limit of the format.
    bencode_invalid = 1,
    /// The dictionary is not the metainfo of a torrent: a key is missing, of the wrong type, or contradicts another.
    torrent_invalid,
    /// A torrent of a kind that this version doesn't read.
    torrent_unsupported,
    /// A name in the torrent would leave the target directory.
    path_unsafe,
    /// The text is no magnet link, or one without the info-hash of a torrent, or damaged.
    magnet_invalid,
    /// The magnet link names no place that its torrent could be fetched from.
    no_source,
    /// Another torrent came than the one that the magnet link means.
    infohash_mismatch,
    /// The text is no URL that could be asked over HTTP.
    url_invalid,
    /// The URL's scheme is not spoken here.
    scheme_unsupported,
    /// The host's name could not be resolved.
    resolve_failed,
    /// The host's name was not resolved within the time allowed for it.
    resolve_timed_out,
    /// The host is at no address that may be connected to from there; see address_policy.hpp.
    address_refused,
    /// No connection within the time allowed for it.
    connect_timed_out,
    /// The proxy did not make the connection, or is none.
    proxy_failed,
    /// The proxy wants other credentials.
    proxy_unauthorized,
    /// No TLS within the time allowed for it.
    handshake_timed_out,
    /// The server's certificate is not to be trusted: of another name, out of date, or of an unknown authority.
    certificate_refused,
    /// No TLS connection could be agreed on.
    tls_failed,
    /// No complete response head within the time allowed for it.
    head_timed_out,
    /// The body came slower than the least goodput allowed.
    stalled,
    /// The range took longer than allowed as a whole.
    range_timed_out,
    /// The response head is longer than the limit.
    head_too_large,
    /// The response is not valid HTTP, or not one that this request could have.
    response_invalid,
    /// 206 with other bytes than asked, or a file of another size.
    range_mismatch,
    /// The server sends the whole file instead of the range.
    range_ignored,
    /// A page of text came instead of the file.
    page_instead,
    /// The file on the server changed while it was being fetched.
    content_changed,
    /// A redirect to nowhere, or to where none may lead: from https to http, or to another scheme.
    redirect_refused,
    /// More redirects than are followed, or a loop of them.
    redirect_limit,
    /// The document is longer than what is taken.
    document_too_large,
    /// The body has a Content-Encoding; verified bytes are never decoded first.
    encoding_refused,
    /// The server closed the connection before the response was whole.
    body_truncated,
    /// 404, 410, 416 or 451: this seed hasn't got this file.
    not_found,
    /// 401, 403 or 407: this seed doesn't let us have this file.
    unauthorized,
    /// 429 or 503: the server asks for patience.
    overloaded,
    /// Any other status.
    status_unexpected,
    /// No seed is left that could be asked.
    no_seeds,
    /// The pieces left can't be had: every seed that has them sent wrong bytes for them.
    no_correct_data,
    /// The storage has no room left.
    disk_full,
    /// The storage failed for another reason.
    storage_failed,
    /// No torrent can be made of this: neither files nor a directory, nothing in it, too much or too deep.
    files_unsuitable,
    /// A file was changed while a torrent was made of it.
    file_changed,
    /// An option has a value that is not allowed.
    option_invalid,
    /// The download was closed before all was verified.
    closed,
    /// A broken invariant of ours, or an exception from something that was handed in.
    internal,
};

boost::system::error_category const& webseed_category() noexcept;
error_code make_error_code(errc value) noexcept;

/// The particulars of a failure, for people and logs. Never holds credentials.
struct diagnostics
{
    /// One line that names the thing: URL, status, file, piece, offset.
    std::string message;
    /// The URL that was asked; empty where there was none.
    std::string url;
    /// The status of the response; 0 where there was none.
    unsigned http_status = 0;
    std::optional<piece_index> piece;
    std::optional<file_index> file;
};

} // namespace webseed

template <>
struct boost::system::is_error_code_enum<webseed::errc> : std::true_type
{
};
