#include "commands.hpp"
#include "download_task.hpp"
#include "failure.hpp"
#include "format.hpp"
#include "interruption.hpp"
#include "json_output.hpp"
#include "running.hpp"
#include "source.hpp"

#include <webseed/engine.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace webseed::app {

namespace asio = boost::asio;

namespace {

/// A file that isn't as the torrent has it.
struct wrong_file
{
    std::string path;
    /// What is the matter, for people.
    std::string what;
    /// Its pieces that aren't right.
    std::vector<std::uint32_t> pieces;
};

/// "3, 7-9"; cut after a while.
std::string listed(std::vector<std::uint32_t> const& numbers)
{
    constexpr std::size_t size_max = 60;
    std::string text;
    for (std::size_t i = 0; i != numbers.size();)
    {
        auto last = i;
        while (last + 1 != numbers.size() && numbers[last + 1] == numbers[last] + 1)
            ++last;
        if (text.size() > size_max)
            return text + ", ...";
        text += (text.empty() ? "" : ", ") + std::to_string(numbers[i]);
        if (last != i)
            text += '-' + std::to_string(numbers[last]);
        i = last + 1;
    }
    return text;
}

class report
{
public:
    report(metainfo const& torrent, std::string const& directory, std::vector<bool> const& verified)
        : torrent_(torrent)
        , directory_(directory)
        , verified_(verified)
    {
        auto const files = torrent.files();
        for (std::uint32_t i = 0; i != files.size(); ++i)
            if (torrent.is_wanted(file_index{i}) && !files[i].link)
                look_at(files[i]);
    }

    std::vector<wrong_file> const& wrong() const noexcept { return wrong_; }
    std::size_t count() const noexcept { return count_; }

private:
    void look_at(file_entry const& file)
    {
        ++count_;
        wrong_file found{std::string(file.path), what_size_says(file), {}};
        if (file.size != 0)
        {
            auto const first = file.offset / torrent_.piece_length();
            auto const last = (file.offset + file.size - 1) / torrent_.piece_length();
            for (auto piece = first; piece <= last; ++piece)
                if (!verified_[piece])
                    found.pieces.push_back(static_cast<std::uint32_t>(piece));
            if (!found.pieces.empty() && found.what != "missing")
                found.what += (found.what.empty() ? "" : ", ") + std::to_string(found.pieces.size()) + " of " +
                              std::to_string(last - first + 1) + " pieces wrong: " + listed(found.pieces);
        }
        if (!found.what.empty())
            wrong_.push_back(std::move(found));
    }

    /// Empty: nothing to complain of.
    std::string what_size_says(file_entry const& file) const
    {
        std::error_code failed;
        auto const size = std::filesystem::file_size(std::filesystem::path(directory_) / file.path, failed);
        if (failed)
            return "missing";
        if (size == file.size)
            return {};
        return std::to_string(size) + " bytes instead of " + std::to_string(file.size);
    }

    metainfo const& torrent_;
    std::string const& directory_;
    std::vector<bool> const& verified_;
    std::vector<wrong_file> wrong_;
    std::size_t count_ = 0;
};

exit_code conclude(report const& found, stats const& last, check_options const& options)
{
    auto const& wrong = found.wrong();
    auto const status = wrong.empty() ? exit_code::ok : exit_code::no_correct_data;
    for (auto const& file : wrong)
    {
        if (!options.output.json)
            std::printf("%s: %s\n", printable(file.path).c_str(), file.what.c_str());
        else
        {
            auto line = json_line("wrong");
            line["path"] = to_utf8(file.path);
            line["what"] = file.what;
            line["pieces"] = boost::json::array(file.pieces.begin(), file.pieces.end());
            print_json(line);
        }
    }
    if (options.output.json)
    {
        auto line = done_line({}, status);
        line["files"] = found.count();
        line["files_wrong"] = wrong.size();
        line["pieces"] = last.pieces;
        line["pieces_verified"] = last.pieces_verified;
        line["bytes"] = last.bytes;
        line["bytes_verified"] = last.bytes_verified;
        print_json(line);
    }
    else if (!options.output.quiet)
        std::printf(
            "%u of %u pieces right; %zu of %zu files whole\n", last.pieces_verified, last.pieces,
            found.count() - wrong.size(), found.count());
    return flush_output(status);
}

asio::awaitable<exit_code>
run_check(asio::io_context& context, check_options const& options, connection_settings settings)
{
    engine on(context.get_executor(), std::move(settings.engine));
    interruption signals(context);
    diagnostics cause;
    auto chosen = co_await choose(on, options.source, settings.requests, options.selection, signals, cause);
    if (!chosen)
        co_return fail(chosen.error(), cause, options.output);
    auto const torrent = chosen->torrent;
    file_storage_options only_read;
    only_read.read_only = true;
    download_options no_seeds;
    no_seeds.use_torrent_seeds = false;
    if (options.output.json)
        no_seeds.event_count_max += torrent.files().size(); // many may be whole at once
    auto storage = make_file_storage(torrent, options.directory, only_read);
    auto started = on.add(torrent, std::move(storage), {}, no_seeds);
    download_task task(context, options.output, torrent, std::move(started));
    signals.watch([&task] { task.interrupt(); });
    auto const error = co_await task.run();
    signals.watch({});
    signals.stop();
    // That there are no seeds is how it ends when something is missing.
    if (error && error != errc::no_seeds)
    {
        auto const told = task.result().diagnosis();
        co_return fail(error, told, options.output);
    }
    auto const verified = task.result().verified_pieces();
    report const found(torrent, options.directory, verified);
    co_return conclude(found, task.result().stats(), options);
}

} // namespace

exit_code check(check_options const& options)
{
    diagnostics cause;
    auto settings = make_settings(options.connecting, cause);
    if (!settings)
        return fail(settings.error(), cause, options.output);
    asio::io_context context{1};
    return run_to_end(context, run_check(context, options, std::move(*settings)));
}

} // namespace webseed::app
