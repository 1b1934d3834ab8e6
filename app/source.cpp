#include "source.hpp"

#include "input_file.hpp"
#include "selection.hpp"

#include <webseed/shown_url.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace webseed::app {

namespace asio = boost::asio;

namespace {

bool begins_with(std::string_view text, std::string_view wanted)
{
    auto const same = [](char small, char c) { return small == (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); };
    return text.size() >= wanted.size() && std::equal(wanted.begin(), wanted.end(), text.begin(), same);
}

boost::system::result<metainfo> load_file(std::string const& source, diagnostics& cause)
{
    metainfo_limits const limits;
    auto const name = source == "-" ? std::string("standard input") : source;
    auto const bytes = read_file(source, limits.size_max);
    if (!bytes)
    {
        // Perhaps a URL that lacks its scheme, with a password in it.
        auto const shown = name.find('@') == name.npos ? name : shown_url(name);
        cause.message = shown + ": " + bytes.error().message();
        return bytes.error();
    }
    auto parsed = metainfo::parse(*bytes, limits, &cause);
    if (!parsed)
        cause.message = name + ": " + (cause.message.empty() ? parsed.error().message() : cause.message);
    return parsed;
}

} // namespace

bool is_magnet(std::string const& source)
{
    return begins_with(source, "magnet:");
}

asio::awaitable<std::tuple<error_code, loaded_torrent>>
load_source(engine& on, std::string source, request_options with, diagnostics& cause, asio::cancellation_slot stop)
{
    loaded_torrent loaded;
    if (is_magnet(source) || source.find("://") != source.npos)
    {
        auto stoppable = asio::bind_cancellation_slot(stop, asio::as_tuple(asio::use_awaitable));
        load_options limits;
        static_cast<request_options&>(limits) = std::move(with);
        auto result = co_await on.async_load(std::move(source), std::move(limits), &cause, std::move(stoppable));
        co_return result;
    }
    auto read = load_file(source, cause);
    if (!read)
        co_return std::tuple(read.error(), std::move(loaded));
    loaded.torrent = std::move(*read);
    co_return std::tuple(error_code(), std::move(loaded));
}

asio::awaitable<boost::system::result<chosen_torrent>> choose(
    engine& on, std::string source, request_options with, std::vector<std::string> wanted, interruption& signals,
    diagnostics& cause)
{
    asio::cancellation_signal stop;
    signals.watch([&stop] { stop.emit(asio::cancellation_type::terminal); });
    auto [failed, loaded] = co_await load_source(on, std::move(source), std::move(with), cause, stop.slot());
    signals.watch({});
    if (failed)
        co_return failed;
    auto selected = select_files(loaded, wanted, cause);
    if (!selected)
        co_return selected.error();
    co_return chosen_torrent{std::move(*selected), std::move(loaded.mirrors)};
}

} // namespace webseed::app
