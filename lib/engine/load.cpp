#include "engine/load.hpp"

#include "engine/client.hpp"
#include "http/shown_url.hpp"
#include "http/text.hpp"
#include "http/url.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <utility>
#include <vector>

namespace webseed::core {

namespace asio = boost::asio;

namespace {

// Of all that many sources have to say, this much is told.
constexpr std::size_t told_count_max = 8;
constexpr std::size_t told_size_max = 300;
// A source that may do better soon is asked again after each of these, or when it says.
constexpr std::array pauses{std::chrono::milliseconds(500), std::chrono::milliseconds(1500)};

// Keeps a torrent for as long as it may be one: what begins otherwise, or takes too long, is given up.
class torrent_sink final : public http::body_sink
{
public:
    torrent_sink(clock& time, time_point deadline)
        : time_(time)
        , deadline_(deadline)
    {}

    asio::awaitable<error_code> accept(std::span<std::byte const> bytes) override
    {
        if (time_.now() >= deadline_)
            co_return errc::stalled;
        if (bytes_.empty() && bytes.front() != std::byte('d'))
            co_return errc::bencode_invalid;
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        co_return error_code();
    }

    std::span<std::byte const> bytes() const noexcept { return bytes_; }

private:
    clock& time_;
    time_point deadline_;
    std::vector<std::byte> bytes_;
};

// What came from one source.
struct answer
{
    error_code error;
    diagnostics cause;
    std::optional<metainfo> torrent; // also with errc::infohash_mismatch
    std::optional<std::chrono::seconds> retry_after{};
};

// Whether the same source may well do better soon.
bool is_passing(error_code error)
{
    return error == errc::overloaded || error == errc::body_truncated || error == asio::error::connection_refused ||
           error == asio::error::connection_reset || error == asio::error::connection_aborted ||
           error == asio::error::broken_pipe;
}

answer failed(std::string url, unsigned status, error_code error, std::string const& what)
{
    answer made;
    made.error = error;
    made.cause.message = url + ": ";
    if (status != 0 && status != 200)
        made.cause.message += "status " + std::to_string(status) + ", ";
    made.cause.message += what.empty() ? error.message() : what;
    made.cause.url = std::move(url);
    made.cause.http_status = status;
    return made;
}

answer failed(std::string url, unsigned status, error_code error)
{
    return failed(std::move(url), status, error, {});
}

template <class Hash>
bool is_wanted(std::optional<Hash> const& wanted, std::optional<Hash> const& found)
{
    return !wanted || wanted == found;
}

bool ends_as_torrent(std::string_view url)
{
    return http::ends_with(url.substr(0, url.find_first_of("?#")), ".torrent");
}

// Asks the sources of one torrent, one after the other.
class search
{
public:
    search(engine_parts shared, load_options options)
        : shared_(std::move(shared))
        , options_(std::move(options))
        , limits_(shared_.limit)
    {}

    asio::awaitable<load_result> run(std::string source);

private:
    asio::awaitable<load_result> follow(magnet_link link);
    asio::awaitable<answer> ask(std::string url, bool is_named_by_user);
    asio::awaitable<answer> ask_once(http::url where, bool is_named_by_user, time_point deadline);
    answer judged(answer got, magnet_link const& link) const;

    engine_parts shared_;
    load_options options_;
    throttle limits_;
};

asio::awaitable<load_result> search::run(std::string source)
{
    load_result result;
    if (http::begins_with(source, "magnet:") || source.find("://") == source.npos)
    {
        auto link = magnet_link::parse(source, options_.link, &result.cause);
        if (link)
            co_return co_await follow(std::move(*link));
        result.error = link.error();
        co_return result;
    }
    auto got = co_await ask(std::move(source), true);
    result.error = got.error;
    result.cause = std::move(got.cause);
    result.loaded.torrent = std::move(got.torrent);
    co_return result;
}

// One source's failure is told as it is, those of several together. The first that could be asked gives the error.
load_result failure_of(std::vector<answer> answers)
{
    auto const was_asked = [](answer const& each) {
        return each.error != errc::scheme_unsupported && each.error != errc::url_invalid;
    };
    auto const asked = std::ranges::find_if(answers, was_asked);
    auto const& first = asked != answers.end() ? *asked : answers.front();
    load_result result;
    result.error = first.error;
    result.cause = first.cause;
    if (answers.size() == 1)
        return result;
    result.cause.message = "no source has the torrent";
    for (std::size_t i = 0; i != std::min(answers.size(), told_count_max); ++i)
    {
        auto const& said = answers[i].cause.message;
        result.cause.message += i == 0 ? ": " : "; ";
        result.cause.message += said.size() <= told_size_max ? said : said.substr(0, told_size_max) + "...";
    }
    if (answers.size() > told_count_max)
        result.cause.message += "; and " + std::to_string(answers.size() - told_count_max) + " more";
    return result;
}

// Which acceptable sources may have the content: those that answered with something else than a torrent, and those
// that weren't asked. @param answers  of those that were asked.
std::vector<std::string> contents_of(std::vector<std::string> const& sources, std::span<answer const> answers)
{
    std::vector<std::string> found;
    for (std::size_t i = 0; i != sources.size(); ++i)
    {
        auto const is_content = i < answers.size() ? answers[i].cause.http_status != 0 && !answers[i].torrent
                                                   : !ends_as_torrent(sources[i]);
        if (is_content)
            found.push_back(sources[i]);
    }
    return found;
}

asio::awaitable<load_result> search::follow(magnet_link link)
{
    auto sources = link.exact_sources;
    sources.insert(sources.end(), link.acceptable_sources.begin(), link.acceptable_sources.end());
    load_result result;
    if (sources.empty())
    {
        result.error = errc::no_source;
        result.cause.message = "the magnet link names no http source of its torrent (xs or as), and peers aren't asked";
        co_return result;
    }
    std::vector<answer> answers;
    for (auto const& source : sources)
    {
        auto got = co_await ask(source, false);
        got = judged(std::move(got), link);
        if (got.error == asio::error::operation_aborted)
        {
            result.error = got.error;
            result.cause = std::move(got.cause);
            co_return result;
        }
        answers.push_back(std::move(got));
        if (!answers.back().error)
            break;
    }
    if (answers.back().error)
        co_return failure_of(std::move(answers));
    result.loaded.torrent = std::move(answers.back().torrent);
    result.loaded.mirrors = std::move(link.web_seeds);
    auto const asked_exactly = std::min(answers.size(), link.exact_sources.size());
    for (auto& url : contents_of(link.acceptable_sources, std::span(answers).subspan(asked_exactly)))
        result.loaded.mirrors.push_back(std::move(url));
    result.loaded.selection = std::move(link.selection);
    result.loaded.warnings = std::move(link.warnings);
    co_return result;
}

asio::awaitable<answer> search::ask(std::string url, bool is_named_by_user)
{
    auto name = http::without_credentials(url);
    if (url.size() > options_.link.url_size_max)
        co_return failed(name.substr(0, told_size_max), 0, errc::url_invalid, "the URL is too long");
    auto const where = http::url::parse(url);
    if (!where)
        co_return failed(std::move(name), 0, where.error());
    auto const deadline = shared_.time->now() + options_.source_timeout;
    for (auto const pause : pauses)
    {
        auto got = co_await ask_once(*where, is_named_by_user, deadline);
        auto const told = std::chrono::milliseconds(got.retry_after.value_or(std::chrono::seconds(0)));
        auto const again_at = shared_.time->now() + std::max(pause, told);
        if (!is_passing(got.error) || again_at >= deadline)
            co_return got;
        co_await shared_.time->sleep_until(again_at);
    }
    co_return co_await ask_once(*where, is_named_by_user, deadline);
}

asio::awaitable<answer> search::ask_once(http::url where, bool is_named_by_user, time_point deadline)
{
    torrent_sink sink(*shared_.time, deadline);
    client line(client_parts_of(shared_, options_), is_named_by_user);
    client_request request{where, {}};
    request.has_own_query = where.has_query();
    request.asked.kind = http::answer_kind::document;
    request.asked.range.size = options_.torrent.size_max;
    request.limits = &limits_;
    client_result got(where);
    co_await line.fetch(request, sink, got);
    auto const& response = got.response;
    auto const text = got.where.text();
    if (response.error)
    {
        auto what = response.error.message();
        if (!response.detail.empty())
            what += ": " + response.detail;
        auto refused = failed(text, response.status, response.error, what);
        refused.retry_after = response.retry_after;
        co_return refused;
    }
    diagnostics cause;
    auto parsed = metainfo::parse(sink.bytes(), options_.torrent, &cause);
    if (!parsed)
        co_return failed(text, response.status, parsed.error(), cause.message);
    answer found;
    found.cause.url = text;
    found.cause.http_status = response.status;
    found.torrent = std::move(*parsed);
    co_return found;
}

// A torrent with other info-hashes than all that the link gives isn't the right one.
answer search::judged(answer got, magnet_link const& link) const
{
    if (got.error || (is_wanted(link.infohash_v1, got.torrent->infohash_v1()) &&
                      is_wanted(link.infohash_v2, got.torrent->infohash_v2())))
        return got;
    auto const& found = *got.torrent;
    auto const hash = found.infohash_v1() ? to_hex(*found.infohash_v1()) : to_hex(*found.infohash_v2());
    auto refused = failed(
        got.cause.url, got.cause.http_status, errc::infohash_mismatch,
        "another torrent than the magnet link's, with the info-hash " + hash);
    refused.torrent = std::move(got.torrent);
    return refused;
}

} // namespace

asio::awaitable<load_result> load_torrent(engine_parts shared, std::string source, load_options options)
{
    search all(std::move(shared), std::move(options));
    auto result = co_await all.run(std::move(source));
    co_return result;
}

} // namespace webseed::core
