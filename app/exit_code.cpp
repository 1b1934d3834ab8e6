#include "exit_code.hpp"

#include <boost/asio/error.hpp>

namespace webseed::app {

namespace {

exit_code exit_code_of(errc error) noexcept
{
    switch (error)
    {
    case errc::bencode_invalid:
    case errc::torrent_invalid:
    case errc::infohash_mismatch:
    case errc::torrent_unsupported:
    case errc::path_unsafe:
        return exit_code::bad_torrent;
    case errc::magnet_invalid:
    case errc::no_source:
        return exit_code::bad_magnet;
    case errc::resolve_failed:
        return exit_code::name_resolution;
    case errc::resolve_timed_out:
    case errc::connect_timed_out:
    case errc::handshake_timed_out:
    case errc::head_timed_out:
    case errc::stalled:
    case errc::range_timed_out:
        return exit_code::timed_out;
    case errc::address_refused:
    case errc::proxy_failed:
    case errc::certificate_refused:
    case errc::tls_failed:
    case errc::body_truncated:
        return exit_code::network;
    case errc::head_too_large:
    case errc::response_invalid:
    case errc::range_mismatch:
    case errc::range_ignored:
    case errc::page_instead:
    case errc::content_changed:
    case errc::redirect_refused:
    case errc::redirect_limit:
    case errc::document_too_large:
    case errc::encoding_refused:
    case errc::overloaded:
    case errc::status_unexpected:
        return exit_code::bad_response;
    case errc::not_found:
        return exit_code::not_found;
    case errc::unauthorized:
    case errc::proxy_unauthorized:
        return exit_code::unauthorized;
    case errc::no_correct_data:
        return exit_code::no_correct_data;
    case errc::disk_full:
        return exit_code::disk_full;
    case errc::storage_failed:
    case errc::files_unsuitable:
    case errc::file_changed:
        return exit_code::file_io;
    case errc::option_invalid:
        return exit_code::usage;
    case errc::closed:
        return exit_code::interrupted;
    case errc::url_invalid:
    case errc::scheme_unsupported:
    case errc::no_seeds:
    case errc::internal:
        return exit_code::other;
    }
    return exit_code::other;
}

bool is_network_error(error_code error) noexcept
{
    namespace network = boost::asio::error;
    return error == network::connection_refused || error == network::connection_reset ||
           error == network::connection_aborted || error == network::broken_pipe ||
           error == network::host_unreachable || error == network::network_unreachable ||
           error == network::network_down || error == network::network_reset || error == network::not_connected ||
           error == network::eof;
}

} // namespace

exit_code exit_code_of(error_code error, diagnostics const& cause) noexcept
{
    if (!error)
        return exit_code::ok;
    if (error.category() == webseed_category())
        return exit_code_of(static_cast<errc>(error.value()));
    if (error == boost::asio::error::operation_aborted)
        return exit_code::interrupted;
    if (error == boost::asio::error::timed_out)
        return exit_code::timed_out;
    if (is_network_error(error) || !cause.url.empty())
        return exit_code::network;
    // What is left of the operating system's codes comes from files.
    return error.category() == boost::system::system_category() ? exit_code::file_io : exit_code::other;
}

} // namespace webseed::app
