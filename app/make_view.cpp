#include "make_view.hpp"

#include "format.hpp"

#include <algorithm>
#include <cstdio>

#include <sys/ioctl.h>
#include <unistd.h>

namespace webseed::app {

namespace {

constexpr auto plain_interval = std::chrono::seconds(5);

std::size_t terminal_width()
{
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

} // namespace

make_view::make_view(make_progress const& progress, time_point start)
    : progress_(progress)
    , is_terminal_(isatty(STDERR_FILENO) == 1)
    , start_(start)
    , shown_at_(start)
{}

void make_view::show(time_point now)
{
    if (is_terminal_)
    {
        auto line = line_at(now);
        line.resize(std::min(line.size(), terminal_width() - 1));
        std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
        has_live_line_ = true;
    }
    else if (now - shown_at_ >= plain_interval)
    {
        shown_at_ = now;
        std::fprintf(stderr, "%s\n", line_at(now).c_str());
    }
}

void make_view::finish()
{
    if (has_live_line_)
        std::fprintf(stderr, "\r\x1b[K");
    has_live_line_ = false;
}

std::string make_view::line_at(time_point now) const
{
    auto const hashed = progress_.bytes_hashed();
    auto const all = progress_.bytes();
    if (hashed == 0)
        return "found " + std::to_string(progress_.files()) + " files, " + format_size(all);
    auto const seconds = std::max(std::chrono::duration<double>(now - start_).count(), 0.001);
    auto const rate = static_cast<double>(hashed) / seconds;
    auto const percent = static_cast<unsigned>(static_cast<double>(hashed) * 100 / static_cast<double>(all));
    auto const left = static_cast<std::int64_t>(static_cast<double>(all - std::min(all, hashed)) / rate);
    return std::to_string(percent) + "% " + format_size(hashed) + '/' + format_size(all) + ' ' +
           format_size(static_cast<std::uint64_t>(rate)) + "/s eta " + format_duration(std::chrono::seconds(left));
}

} // namespace webseed::app
