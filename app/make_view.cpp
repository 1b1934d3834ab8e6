#include "make_view.hpp"

#include "format.hpp"

#include <algorithm>

namespace webseed::app {

make_view::make_view(make_progress const& progress, time_point start)
    : progress_(progress)
    , start_(start)
    , line_(start)
{}

void make_view::show(time_point now)
{
    line_.show(line_at(now), now);
}

void make_view::finish()
{
    line_.clear();
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
