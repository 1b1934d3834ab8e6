#include <webseed/error.hpp>

namespace webseed {
namespace {

char const* describe(errc value) noexcept
{
    switch (value)
    {
    case errc::bencode_invalid:
        return "the bytes are not a bencoded dictionary";
    case errc::torrent_invalid:
        return "the torrent is not valid";
    case errc::torrent_unsupported:
        return "this kind of torrent is not supported";
    case errc::path_unsafe:
        return "a file name in the torrent is not safe";
    case errc::magnet_invalid:
        return "the magnet link is not valid";
    case errc::no_source:
        return "the magnet link names no source of its torrent";
    case errc::infohash_mismatch:
        return "it is another torrent";
    case errc::url_invalid:
        return "the URL is not valid";
    case errc::scheme_unsupported:
        return "the scheme of the URL is not supported";
    case errc::resolve_failed:
        return "the name of the host could not be resolved";
    case errc::resolve_timed_out:
        return "the name of the host was not resolved in time";
    case errc::address_refused:
        return "the host is at an address that may not be reached";
    case errc::connect_timed_out:
        return "no connection in time";
    case errc::proxy_failed:
        return "the proxy made no connection";
    case errc::proxy_unauthorized:
        return "the proxy refuses the credentials";
    case errc::handshake_timed_out:
        return "no TLS handshake in time";
    case errc::certificate_refused:
        return "the certificate of the server is not trusted";
    case errc::tls_failed:
        return "no TLS connection";
    case errc::head_timed_out:
        return "no response in time";
    case errc::stalled:
        return "the response came too slowly";
    case errc::range_timed_out:
        return "the range took too long as a whole";
    case errc::head_too_large:
        return "the head of the response is too large";
    case errc::response_invalid:
        return "the response is not valid HTTP";
    case errc::range_mismatch:
        return "the server sent other bytes than asked";
    case errc::range_ignored:
        return "the server ignores ranges";
    case errc::page_instead:
        return "the server sent a page of text instead of the file";
    case errc::content_changed:
        return "the file changed on the server";
    case errc::redirect_refused:
        return "the server redirects to where it may not";
    case errc::redirect_limit:
        return "the server redirects without end";
    case errc::document_too_large:
        return "the document is too large";
    case errc::encoding_refused:
        return "the server sent the file encoded";
    case errc::body_truncated:
        return "the response ended too early";
    case errc::not_found:
        return "the server has no such file";
    case errc::unauthorized:
        return "the server refuses access to the file";
    case errc::overloaded:
        return "the server asks for patience";
    case errc::status_unexpected:
        return "the server answered with an unexpected status";
    case errc::no_seeds:
        return "no web seed is left that could be asked";
    case errc::no_correct_data:
        return "no web seed has correct data";
    case errc::disk_full:
        return "the disk is full";
    case errc::storage_failed:
        return "the storage failed";
    case errc::files_unsuitable:
        return "no torrent can be made of this";
    case errc::file_changed:
        return "a file was changed meanwhile";
    case errc::option_invalid:
        return "an option is not valid";
    case errc::closed:
        return "the download was closed";
    case errc::internal:
        return "internal error";
    }
    return "unknown error";
}

class category final : public boost::system::error_category
{
public:
    /// The number makes the category equal to itself in every shared library that carries a copy.
    constexpr category() noexcept
        : error_category(0x77c5'eb5e'ed01'a9d3)
    {}

    char const* name() const noexcept override { return "webseed"; }
    std::string message(int value) const override { return describe(static_cast<errc>(value)); }

    boost::system::error_condition default_error_condition(int value) const noexcept override
    {
        namespace generic = boost::system::errc;
        switch (static_cast<errc>(value))
        {
        case errc::resolve_timed_out:
        case errc::connect_timed_out:
        case errc::handshake_timed_out:
        case errc::head_timed_out:
        case errc::stalled:
        case errc::range_timed_out:
            return make_error_condition(generic::timed_out);
        case errc::disk_full:
            return make_error_condition(generic::no_space_on_device);
        case errc::storage_failed:
            return make_error_condition(generic::io_error);
        default:
            return {value, *this};
        }
    }
};

} // namespace

boost::system::error_category const& webseed_category() noexcept
{
    static constexpr category instance;
    return instance;
}

error_code make_error_code(errc value) noexcept
{
    return {static_cast<int>(value), webseed_category()};
}

} // namespace webseed
