#include "engine/joined_piece.hpp"

#include "engine/message_of.hpp"
#include "torrent/digest.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>

namespace webseed::core {

namespace asio = boost::asio;

namespace {

examined failed(error_code error, std::uint32_t piece, std::string const& what)
{
    examined seen;
    seen.error = error;
    seen.cause.piece = static_cast<piece_index>(piece);
    seen.cause.message = "reading piece " + std::to_string(piece) + ": " + what;
    return seen;
}

asio::awaitable<examined> read(
    download_parts const& parts, planning::judge work, torrent::piece_digest& digest, http::buffer_lender& buffers,
    requester_link const& link)
{
    examined seen;
    torrent::sha1_digest of_part;
    digest.begin(static_cast<piece_index>(work.piece));
    for (auto const& range : work.parts)
    {
        for (auto at = range.offset; at != range.end();)
        {
            auto const room = co_await http::borrow_in_turn(buffers);
            if (room.empty())
                co_return examined();
            http::buffer_lease const lease(buffers, room);
            auto const some = lease.bytes().first(std::min<std::uint64_t>(lease.bytes().size(), range.end() - at));
            auto const error = co_await parts.store.read(at, some);
            if (error)
                co_return failed(error, work.piece, error.message());
            if (link.is_closed())
                co_return examined();
            digest.update(some);
            of_part.update(some);
            at += some.size();
        }
        seen.digests.push_back(of_part.finish());
        co_await asio::post(asio::use_awaitable); // others on the worker
    }
    seen.found = digest.finish() ? planning::finding::right : planning::finding::wrong;
    co_return seen;
}

} // namespace

asio::awaitable<examined> examine(
    download_parts const& parts, planning::judge work, torrent::piece_digest& digest, http::buffer_lender& buffers,
    requester_link const& link)
{
    examined seen;
    auto const piece = work.piece;
    try
    {
        seen = co_await read(parts, std::move(work), digest, buffers, link);
    }
    catch (boost::system::system_error const& error)
    {
        if (error.code() != asio::error::operation_aborted)
            seen = failed(errc::internal, piece, error.what());
    }
    catch (...)
    {
        seen = failed(errc::internal, piece, message_of(std::current_exception()));
    }
    co_return seen;
}

} // namespace webseed::core
