#include "live_line.hpp"

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

live_line::live_line(time_point start)
    : is_terminal_(isatty(STDERR_FILENO) == 1)
    , printed_at_(start)
{}

void live_line::show(std::string text, time_point now)
{
    if (is_terminal_)
    {
        text.resize(std::min(text.size(), terminal_width() - 1));
        std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
        is_shown_ = true;
    }
    else if (now - printed_at_ >= plain_interval)
    {
        printed_at_ = now;
        print(text);
    }
}

void live_line::print(std::string const& text)
{
    clear();
    std::fprintf(stderr, "%s\n", text.c_str());
}

void live_line::clear()
{
    if (is_shown_)
        std::fprintf(stderr, "\r\x1b[K");
    is_shown_ = false;
}

} // namespace webseed::app
