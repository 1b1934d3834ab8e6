#include "source.hpp"

#include "selection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace webseed::app {

namespace asio = boost::asio;

namespace {

struct file_closer
{
    void operator()(std::FILE* file) const noexcept
    {
        if (file != stdin)
            std::fclose(file);
    }
};

error_code last_error()
{
    if (errno == EINTR)
        return boost::asio::error::operation_aborted; // by the signal that ends the program
    return {errno, boost::system::system_category()};
}

boost::system::result<std::vector<std::byte>> read_file(std::string const& path, std::size_t size_max)
{
    std::unique_ptr<std::FILE, file_closer> const file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"));
    if (!file)
        return last_error();
    std::vector<std::byte> bytes;
    constexpr std::size_t step = 64 * 1024;
    while (bytes.size() <= size_max) // one byte over is enough for the parser to see that it's too much
    {
        auto const before = bytes.size();
        bytes.resize(before + step);
        bytes.resize(before + std::fread(bytes.data() + before, 1, step, file.get()));
        if (bytes.size() - before < step)
        {
            if (std::ferror(file.get()))
                return last_error();
            break;
        }
    }
    return bytes;
}

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
        cause.message = name + ": " + bytes.error().message();
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
load_source(engine& on, std::string source, diagnostics& cause, asio::cancellation_slot stop)
{
    loaded_torrent loaded;
    if (is_magnet(source) || source.find("://") != source.npos)
    {
        auto stoppable = asio::bind_cancellation_slot(stop, asio::as_tuple(asio::use_awaitable));
        load_options const limits;
        auto result = co_await on.async_load(std::move(source), limits, &cause, std::move(stoppable));
        co_return result;
    }
    auto read = load_file(source, cause);
    if (!read)
        co_return std::tuple(read.error(), std::move(loaded));
    loaded.torrent = std::move(*read);
    co_return std::tuple(error_code(), std::move(loaded));
}

asio::awaitable<boost::system::result<chosen_torrent>>
choose(engine& on, std::string source, std::vector<std::string> wanted, interruption& signals, diagnostics& cause)
{
    asio::cancellation_signal stop;
    signals.watch([&stop] { stop.emit(asio::cancellation_type::terminal); });
    auto [failed, loaded] = co_await load_source(on, std::move(source), cause, stop.slot());
    signals.watch({});
    if (failed)
        co_return failed;
    auto selected = select_files(loaded, wanted, cause);
    if (!selected)
        co_return selected.error();
    co_return chosen_torrent{std::move(*selected), std::move(loaded.mirrors)};
}

} // namespace webseed::app
