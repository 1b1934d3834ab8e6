#include "engine/maker.hpp"

#include "engine/make_options.hpp"
#include "engine/message_of.hpp"
#include "http/url.hpp"
#include "torrent/bencode.hpp"
#include "torrent/digest.hpp"
#include "torrent/utf8.hpp"

#include <webseed/version.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace webseed::core {

namespace asio = boost::asio;

namespace {

// Names looked at, and bytes hashed, before others on the worker get their turn.
constexpr std::size_t walk_step = 1000;
constexpr std::uint64_t hash_step = 1u << 20;
// What a hasher takes at a time, less where there is little: many files, or one large one, keep all of them busy.
constexpr std::uint64_t run_size = 4u << 20;
constexpr std::uint64_t runs_per_hasher = 8;

constexpr std::size_t warning_count_max = 100;

bool looks_like_padding(std::string_view path)
{
    constexpr std::string_view prefix = "_____padding_file";
    return path.starts_with(prefix) || path.find('/' + std::string(prefix)) != path.npos;
}

/// What others may not like in the files' names.
std::vector<std::string> warnings_about(torrent::content const& content)
{
    std::vector<std::string> warnings;
    bool const is_lone = content.files.size() == 1 && content.files[0].path.find('/') == std::string::npos;
    if (content.is_multi_file && is_lone && !content.has_v1())
        warnings.push_back(
            "v2 can't tell a directory of one file from the file: it will be asked for without " + content.name);
    for (auto const& file : content.files)
    {
        if (warnings.size() == warning_count_max)
            break;
        if (!torrent::is_utf8(file.path))
            warnings.push_back(file.path + ": the name is not UTF-8");
        if (looks_like_padding(file.path))
            warnings.push_back(file.path + ": many clients will take it for padding");
    }
    return warnings;
}

} // namespace

maker::maker(engine_parts shared, std::filesystem::path path, make_options options)
    : activity(shared.front)
    , shared_(std::move(shared))
    , path_(std::move(path))
    , options_(std::move(options))
    , home_(shared_.crew->next_serial())
    , group_(home_, [this](std::exception_ptr failure) { fail(errc::internal, message_of(failure)); })
{
    if (!options_.progress)
        options_.progress = std::make_shared<make_progress>();
}

void maker::start()
{
    if (!begin())
        return;
    auto const keep_alive = [self = shared_from_this()](std::exception_ptr) {};
    asio::co_spawn(home_, run(), keep_alive);
}

void maker::close(error_code reason)
{
    diagnostics cause;
    cause.message = "ended before the torrent was made";
    stop_for(reason, std::move(cause));
    if (retire() == phase::fresh)
        end();
}

std::tuple<error_code, made_torrent> maker::take_outcome()
{
    std::lock_guard const lock(mutex_);
    if (error_)
        made_ = {};
    made_.cause = cause_;
    return {error_, std::move(made_)};
}

asio::awaitable<void> maker::run()
{
    std::exception_ptr failure;
    try
    {
        co_await make();
    }
    catch (...)
    {
        failure = std::current_exception();
    }
    if (failure)
        fail(errc::internal, message_of(failure));
    co_await group_.join();
    end();
}

// Each step has told what went wrong before it returns an error.
asio::awaitable<error_code> maker::make()
{
    diagnostics cause;
    if (auto const refused = check(options_, cause))
        co_return fail(refused, cause.message);
    disk::source_limits const limits{limits_.file_count_max, limits_.path_depth_max - 1, warning_count_max};
    auto source = disk::source_tree::open(disk::system_file_calls(), path_, limits, cause);
    if (!source)
        co_return fail(source.error(), cause.message);
    source_.emplace(std::move(*source));
    auto const unfound = co_await find_files();
    if (unfound)
        co_return unfound;
    if (auto const refused = describe())
        co_return refused;
    auto const unhashed = co_await hash();
    if (unhashed)
        co_return unhashed;
    co_return write();
}

asio::awaitable<error_code> maker::find_files()
{
    for (;;)
    {
        diagnostics cause;
        if (auto const failed = source_->walk(walk_step, cause))
            co_return fail(failed, cause.message);
        options_.progress->set_found(source_->files().size(), source_->total_size());
        if (source_->is_walked())
            break;
        if (is_stopping_)
            co_return error_code(errc::closed);
        co_await asio::post(asio::use_awaitable);
    }
    if (source_->total_size() == 0)
        co_return fail(errc::files_unsuitable, path_.string() + " has no bytes");
    co_return error_code();
}

error_code maker::describe()
{
    content_.name = options_.name.empty() ? name_of(path_) : options_.name;
    diagnostics cause;
    if (auto const refused = check_name(content_.name, cause))
        return fail(refused, cause.message);
    content_.is_multi_file = source_->is_directory();
    content_.format = options_.format;
    content_.is_private = options_.is_private;
    content_.piece_length =
        options_.piece_length != 0 ? options_.piece_length : torrent::piece_length_for(source_->total_size());
    for (auto const& file : source_->files())
    {
        auto const& path = source_->is_directory() ? file.path : content_.name;
        content_.files.push_back({path, file.size, file.is_executable});
    }
    torrent::lay_out(content_);
    auto const count = content_.piece_count();
    if (count > limits_.piece_count_max)
        return fail(
            errc::files_unsuitable, path_.string() + " has " + std::to_string(count) + " pieces of " +
                                        std::to_string(content_.piece_length) + " bytes, more than " +
                                        std::to_string(limits_.piece_count_max));
    return {};
}

asio::awaitable<error_code> maker::hash()
{
    auto const count = content_.piece_count();
    auto const hasher_count = shared_.crew->count();
    if (content_.has_v1())
        hashes_.pieces.resize(static_cast<std::size_t>(count));
    if (content_.has_v2())
        hashes_.nodes.resize(static_cast<std::size_t>(count));
    auto const least = std::max<std::uint64_t>(1, count / (hasher_count * runs_per_hasher));
    run_length_ = std::clamp<std::uint64_t>(run_size / content_.piece_length, 1, least);
    hashing_parts const parts{*source_, content_, hashes_, *shared_.buffers, *options_.progress};
    for (std::size_t i = 0; i != hasher_count; ++i)
        group_.spawn(shared_.crew->next_serial(), hash_runs(std::make_unique<content_hasher>(parts)));
    co_await group_.join(); // nobody cancels this coroutine
    co_return is_stopping_ ? error_code(errc::closed) : error_code();
}

asio::awaitable<void> maker::hash_runs(std::unique_ptr<content_hasher> hasher)
{
    auto const count = content_.piece_count();
    while (!is_stopping_)
    {
        auto const first = next_piece_.fetch_add(run_length_);
        if (first >= count)
            co_return;
        hasher->begin(first, std::min(first + run_length_, count));
        while (!hasher->is_done() && !is_stopping_)
        {
            co_await asio::post(asio::use_awaitable);
            diagnostics cause;
            if (auto const failed = hasher->advance(hash_step, cause))
                stop_for(failed, std::move(cause));
        }
    }
}

error_code maker::write()
{
    torrent::surroundings around;
    around.comment = options_.comment;
    around.created_by = options_.created_by.empty() ? "webseed/" + std::string(version) : options_.created_by;
    around.creation_date = options_.creation_date;
    around.web_seeds = web_seeds_of(options_, content_.is_multi_file);
    auto const written = torrent::write_metainfo(content_, hashes_, around);
    if (written.bytes.size() > limits_.size_max)
        return fail(
            errc::files_unsuitable, path_.string() + " needs a torrent of more than " +
                                        std::to_string(limits_.size_max) +
                                        " bytes; longer pieces would make it smaller");
    auto const bytes = std::as_bytes(std::span(written.bytes));
    diagnostics cause;
    if (!torrent::bencode::document::parse(bytes, {limits_.depth_max, limits_.item_count_max}, &cause))
        return fail(errc::files_unsuitable, path_.string() + " gives a torrent that can't be read: " + cause.message);
    auto const info = std::as_bytes(std::span(written.info()));
    made_.bytes.assign(bytes.begin(), bytes.end());
    made_.name = content_.name;
    if (content_.has_v1())
        made_.infohash_v1 = torrent::sha1_of(info);
    if (content_.has_v2())
        made_.infohash_v2 = torrent::sha256_of(info);
    made_.piece_length = content_.piece_length;
    made_.piece_count = content_.piece_count();
    made_.file_count = content_.files.size();
    made_.total_size = source_->total_size();
    made_.warnings = source_->warnings();
    for (auto& warning : warnings_about(content_))
        made_.warnings.push_back(std::move(warning));
    for (auto const& url : around.web_seeds)
    {
        auto const parsed = http::url::parse(url);
        if (parsed && parsed->userinfo())
            made_.warnings.push_back(
                parsed->text() + ": everybody who has the torrent can read the password in this URL");
    }
    return {};
}

error_code maker::fail(error_code error, std::string message)
{
    diagnostics cause;
    cause.message = std::move(message);
    stop_for(error, std::move(cause));
    return error;
}

void maker::stop_for(error_code error, diagnostics cause)
{
    std::lock_guard const lock(mutex_);
    if (!error_ && !has_ended())
    {
        error_ = error;
        cause_ = std::move(cause);
    }
    is_stopping_ = true;
}

} // namespace webseed::core
