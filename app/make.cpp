#include "commands.hpp"
#include "format.hpp"
#include "interruption.hpp"
#include "json_output.hpp"
#include "make_view.hpp"
#include "output_file.hpp"

#include <webseed/engine.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>

namespace webseed::app {

namespace asio = boost::asio;
using steady = std::chrono::steady_clock;

namespace {

constexpr auto show_interval = std::chrono::milliseconds(200);
constexpr auto json_interval = std::chrono::seconds(1);

boost::json::object json_of(make_progress const& progress)
{
    auto line = json_line("progress");
    line["files"] = progress.files();
    line["bytes"] = progress.bytes();
    line["bytes_hashed"] = progress.bytes_hashed();
    return line;
}

struct outcome
{
    error_code error;
    made_torrent made;
};

// Everything that happens, on the program's one thread.
class make_task
{
public:
    make_task(make_command const& command, make_options options)
        : command_(command)
        , options_(std::move(options))
        , ticker_(context_)
        , signals_(context_)
        , next_json_(steady::now() + json_interval)
    {
        options_.progress = std::make_shared<make_progress>();
        if (!command_.quiet)
            view_.emplace(*options_.progress, steady::now());
    }

    outcome run()
    {
        engine on(context_.get_executor());
        signals_.watch([this] { cancel_.emit(asio::cancellation_type::terminal); });
        auto done = [this](error_code error, made_torrent made) {
            result_ = {error, std::move(made)};
            is_done_ = true;
            signals_.stop();
            ticker_.cancel();
        };
        on.async_make_torrent(command_.path, options_, asio::bind_cancellation_slot(cancel_.slot(), done));
        tick();
        context_.run();
        if (view_)
            view_->finish();
        return std::move(result_);
    }

private:
    void tick()
    {
        ticker_.expires_after(show_interval);
        ticker_.async_wait([this](error_code) {
            if (is_done_)
                return;
            show(steady::now());
            tick();
        });
    }

    void show(steady::time_point now)
    {
        if (view_)
            view_->show(now);
        if (!command_.json || now < next_json_)
            return;
        next_json_ = now + json_interval;
        print_json(json_of(*options_.progress));
    }

    make_command const& command_;
    make_options options_;
    asio::io_context context_{1};
    asio::steady_timer ticker_;
    interruption signals_;
    asio::cancellation_signal cancel_;
    std::optional<make_view> view_;
    steady::time_point next_json_;
    outcome result_;
    bool is_done_ = false;
};

// What the path is called, also if it says so by way of "." or "..".
std::string name_of(std::string const& path)
{
    std::error_code failed;
    auto const whole = std::filesystem::canonical(path, failed);
    return failed || std::filesystem::is_symlink(path, failed) ? std::string() : whole.filename().string();
}

void tell(made_torrent const& made, std::string const& output)
{
    for (auto const& warning : made.warnings)
        std::fprintf(stderr, "warning: %s\n", printable(warning).c_str());
    auto const files = std::to_string(made.file_count) + (made.file_count == 1 ? " file, " : " files, ");
    std::fprintf(
        stderr, "%s: %s%s in %s pieces of %s\n", printable(output).c_str(), files.c_str(),
        format_size(made.total_size).c_str(), std::to_string(made.piece_count).c_str(),
        format_size(made.piece_length).c_str());
    if (made.infohash_v1)
        std::fprintf(stderr, "infohash v1 %s\n", to_hex(*made.infohash_v1).c_str());
    if (made.infohash_v2)
        std::fprintf(stderr, "infohash v2 %s\n", to_hex(*made.infohash_v2).c_str());
}

void print_done(error_code error, exit_code status, made_torrent const& made, std::string const& output)
{
    auto line = done_line(error, status, made.cause);
    if (!error)
    {
        line["path"] = to_utf8(output);
        line["name"] = to_utf8(made.name);
        line["infohash_v1"] = made.infohash_v1 ? boost::json::value(to_hex(*made.infohash_v1)) : nullptr;
        line["infohash_v2"] = made.infohash_v2 ? boost::json::value(to_hex(*made.infohash_v2)) : nullptr;
        line["piece_length"] = made.piece_length;
        line["pieces"] = made.piece_count;
        line["files"] = made.file_count;
        line["total_size"] = made.total_size;
        boost::json::array warnings;
        for (auto const& warning : made.warnings)
            warnings.emplace_back(to_utf8(warning));
        line["warnings"] = std::move(warnings);
    }
    print_json(line);
}

} // namespace

exit_code make(make_command const& command)
{
    auto options = command.options;
    if (options.name.empty())
        options.name = name_of(command.path);
    auto const name = options.name.empty() ? std::filesystem::path(command.path).filename().string() : options.name;
    auto const output = command.output.empty() ? name + ".torrent" : command.output;
    outcome result;
    if (!command.force && is_taken(output)) // before hashing for hours
    {
        result.error = {EEXIST, boost::system::system_category()};
        result.made.cause.message = output + " is there already; --force replaces it";
    }
    if (!result.error)
        result = make_task(command, options).run();
    if (!result.error)
        result.error = write_whole(output, result.made.bytes, command.force, result.made.cause.message);
    auto const status = exit_code_of(result.error, result.made.cause);
    if (status == exit_code::interrupted)
        std::fprintf(stderr, "webseed: interrupted\n");
    else if (result.error)
        std::fprintf(stderr, "webseed: %s\n", printable(result.made.cause.message).c_str());
    else if (!command.quiet)
        tell(result.made, output == "-" ? "standard output" : output);
    if (command.json)
        print_done(result.error, status, result.made, output);
    return status;
}

} // namespace webseed::app
