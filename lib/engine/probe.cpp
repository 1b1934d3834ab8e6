#include "engine/probe.hpp"

#include "engine/client.hpp"

#include "engine/response_meaning.hpp"
#include "engine/seed_request.hpp"
#include "http/shown_url.hpp"
#include "torrent/layout.hpp"
#include "torrent/piece_digest.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace webseed::core {

namespace asio = boost::asio;

namespace {

// Hashes what comes, and keeps nothing.
class hashing_sink final : public http::body_sink
{
public:
    explicit hashing_sink(torrent::piece_digest& digest)
        : digest_(digest)
    {}

    asio::awaitable<error_code> accept(std::span<std::byte const> bytes) override
    {
        digest_.update(bytes);
        co_return error_code();
    }

private:
    torrent::piece_digest& digest_;
};

// The first, the last, and others at random; all if there are no more.
std::vector<std::uint32_t> sample_of(std::uint32_t piece_count, std::uint32_t sample_count, clock& time)
{
    std::set<std::uint32_t> chosen;
    auto const count = std::min(piece_count, sample_count);
    if (count != 0)
        chosen.insert(0);
    if (count > 1)
        chosen.insert(piece_count - 1);
    if (count == piece_count)
        for (std::uint32_t piece = 0; piece != piece_count; ++piece)
            chosen.insert(piece);
    while (chosen.size() != count)
        chosen.insert(static_cast<std::uint32_t>(time.random() % piece_count));
    return {chosen.begin(), chosen.end()};
}

bool is_missing(error_code error)
{
    return error == errc::not_found || error == errc::unauthorized;
}

class probing
{
public:
    /// The references must outlive it.
    probing(engine_parts const& shared, metainfo const& torrent, http::seed_url url, probe_options const& options)
        : time_(*shared.time)
        , limits_(shared.limit)
        , layout_(torrent)
        , digest_(layout_)
        , url_(std::move(url))
        , form_(options.is_script && torrent.infohash_v1() ? seed_form::script : seed_form::files)
        , sample_count_(options.sample_count)
        , client_(client_parts_of(shared, options), options.is_named_by_user)
    {
        report_.url = url_.text();
        report_.final_url = report_.url;
    }

    asio::awaitable<probe_report> run();

private:
    asio::awaitable<error_code> verify(std::uint32_t piece);
    asio::awaitable<error_code> ask(seed_request wanted, std::uint64_t& brought);
    void note(seed_request const& wanted, client_result const& got);
    void note_first(client_result const& got);
    void complain(error_code error, diagnostics cause);

    clock& time_;
    throttle limits_;
    torrent::layout layout_;
    torrent::piece_digest digest_;
    http::seed_url url_;
    seed_form form_;
    std::uint32_t sample_count_;
    client client_;
    short_responses shorter_;
    std::set<file_index> missing_;
    http::range_result last_;
    probe_report report_;
};

asio::awaitable<probe_report> probing::run()
{
    auto const began = time_.now();
    auto const pieces = sample_of(layout_.piece_count(), sample_count_, time_);
    for (auto const piece : pieces)
    {
        auto error = co_await verify(piece);
        if (error && form_ == seed_form::script && is_of_other_form(last_))
        {
            // Some torrents name files' URLs as scripts'.
            form_ = seed_form::files;
            report_.error = {};
            report_.cause = {};
            missing_.clear();
            --report_.pieces_asked;
            error = co_await verify(piece);
        }
        if (error == asio::error::operation_aborted)
            report_.error = error;
        // What a mirror says of one file is no reason not to ask for another.
        if (error && !is_missing(error) && error != errc::range_mismatch && error != errc::page_instead)
            break;
    }
    report_.duration = std::chrono::duration_cast<std::chrono::microseconds>(time_.now() - began);
    report_.files_missing = static_cast<std::uint32_t>(missing_.size());
    if (!report_.error && report_.has_ranges == false)
    {
        diagnostics cause;
        cause.url = report_.final_url;
        cause.message = cause.url + ": the server sends whole files only";
        complain(errc::range_ignored, std::move(cause));
    }
    co_return std::move(report_);
}

asio::awaitable<error_code> probing::verify(std::uint32_t piece)
{
    ++report_.pieces_asked;
    auto const index = static_cast<piece_index>(piece);
    auto const range = layout_.range_of(index);
    digest_.begin(index);
    for (auto at = range.offset; at != range.end();)
    {
        auto const wanted = next_request(layout_, form_, at, range.end() - at);
        if (wanted.is_pad())
        {
            digest_.update_zeros(wanted.size());
            at += wanted.size();
            continue;
        }
        std::uint64_t brought = 0;
        auto const error = co_await ask(wanted, brought);
        if (error)
            co_return error;
        at += brought;
    }
    if (digest_.finish())
    {
        ++report_.pieces_right;
        co_return error_code();
    }
    ++report_.pieces_wrong;
    diagnostics cause;
    cause.piece = index;
    cause.url = report_.final_url;
    cause.message = cause.url + ": wrong bytes in piece " + std::to_string(piece);
    complain(errc::no_correct_data, std::move(cause));
    co_return error_code();
}

// @param brought  told how much of the beginning came; must outlive the operation.
asio::awaitable<error_code> probing::ask(seed_request wanted, std::uint64_t& brought)
{
    hashing_sink sink(digest_);
    auto const& torrent = layout_.torrent();
    client_request request{url_of(wanted, url_, torrent), http_request_of(wanted, torrent)};
    request.has_own_query = url_.base().has_query();
    request.limits = &limits_;
    client_result got(request.where);
    co_await client_.fetch(request, sink, got);
    note(wanted, got);
    auto const& response = got.response;
    brought = response.delivered;
    if (shorter_.may_go_on(response, wanted.size()))
        co_return error_code();
    auto error = response.error ? response.error : error_code(errc::body_truncated);
    if (error == errc::range_timed_out && response.status == 0)
        error = errc::head_timed_out; // silent, not slow
    diagnostics cause;
    cause.url = got.where.text();
    cause.http_status = response.status;
    cause.file = wanted.slice.file;
    cause.message = cause.url + ": ";
    if (response.status != 0 && response.status != 200 && response.status != 206)
        cause.message += "status " + std::to_string(response.status) + ", ";
    cause.message += error.message();
    if (!response.detail.empty())
        cause.message += ": " + response.detail;
    else if (error == errc::range_timed_out)
        cause.message += ": too slow: " + std::to_string(brought) + " of " + std::to_string(wanted.size()) + " bytes";
    else if (!response.error)
        cause.message += ": " + told_of_short(response, wanted.size());
    complain(error, std::move(cause));
    co_return error;
}

void probing::note(seed_request const& wanted, client_result const& got)
{
    auto const& response = got.response;
    last_ = response;
    report_.bytes_received += response.received;
    report_.requests += response.requests;
    if (!report_.is_reachable && response.status != 0)
        note_first(got);
    if (is_missing(response.error))
        missing_.insert(wanted.slice.file);
    if (wanted.form == seed_form::script)
        return;
    auto const file_size = layout_.torrent().files()[to_number(wanted.slice.file)].size;
    if (response.status == 206 && !response.error)
        report_.has_ranges = true;
    if (response.error == errc::range_ignored || (response.status == 200 && wanted.slice.size != file_size))
        report_.has_ranges = false;
    if (response.error == errc::range_mismatch || response.error == errc::page_instead)
        report_.has_right_size = false;
    else if (response.delivered != 0)
        report_.has_right_size = report_.has_right_size.value_or(true);
}

void probing::note_first(client_result const& got)
{
    report_.is_reachable = true;
    report_.final_url = got.where.text();
    report_.redirects = got.redirects;
    report_.first_byte_time = std::chrono::duration_cast<std::chrono::microseconds>(got.response.head_time);
    auto const& facts = client_.facts();
    if (facts.address && !facts.is_proxied)
        report_.address = facts.address->to_string();
    report_.tls = facts.tls;
}

// The first complaint counts, unless it is outdone by wrong bytes: nothing is worse.
void probing::complain(error_code error, diagnostics cause)
{
    if (report_.error && error != errc::no_correct_data)
        return;
    report_.error = error;
    report_.cause = std::move(cause);
}

} // namespace

asio::awaitable<probe_report>
probe_mirror(engine_parts shared, metainfo torrent, std::string url, probe_options options)
{
    auto parsed = http::seed_url::parse(url);
    if (!parsed)
    {
        probe_report refused;
        refused.url = http::without_credentials(url);
        refused.final_url = refused.url;
        refused.error = parsed.error();
        refused.cause.url = refused.url;
        refused.cause.message = refused.url + ": " + parsed.error().message();
        co_return refused;
    }
    auto& timeout = options.range_timeout;
    if (!shared.limit && options.request_timeout.count() != 0)
        timeout = timeout.count() == 0 ? options.request_timeout : std::min(timeout, options.request_timeout);
    probing all(shared, torrent, std::move(*parsed), options);
    auto report = co_await all.run();
    co_return report;
}

} // namespace webseed::core
