// What must hold of the answers to questions about pieces.
#include "sim/verdict.hpp"
#include "torrent/layout.hpp"

#include <algorithm>

namespace webseed::test::sim {

bool facts::is_answered(error_code told, bool may_fail)
{
    --questions;
    if (told && !may_fail)
        failures.push_back("no answer about pieces: " + told.message());
    return !told;
}

void facts::check_report(site const& content, platter const* disk, piece_report const& told, bool is_over)
{
    auto const say = [&](std::string const& what) {
        failures.push_back("piece " + std::to_string(to_number(told.piece)) + " is said " + what);
    };
    torrent::layout const layout(content.torrent);
    if (told.state == piece_state::verified && disk && !disk->is_right(content, layout.range_of(told.piece)))
        say("to be verified, and isn't right");
    if (told.state == piece_state::under_way && (is_over || told.sources.empty()))
        say("to be under way, and nobody is at it");
    auto const needs_somebody = told.state == piece_state::under_way || told.state == piece_state::missing;
    if (!needs_somebody && !(told.seeds.empty() && told.sources.empty()))
        say("to need nobody, and why it isn't asked for");
    auto arrived = told.bytes_arrived;
    for (auto const& each : told.sources)
        arrived = std::max(arrived, each.bytes);
    if (arrived > told.size)
        say("to have more bytes than there are");
    for (auto const& each : told.seeds)
    {
        check_text(each.seed_url);
        check_text(each.cause);
        auto const is_at_it = std::ranges::find(told.sources, each.seed_url, &piece_source::seed_url);
        if ((each.excuse == seed_excuse::is_at_it) != (is_at_it != told.sources.end()) &&
            each.excuse != seed_excuse::removed && each.excuse != seed_excuse::given_up)
            say("to come from another seed than is at it");
        auto const is_fault = each.excuse == seed_excuse::sent_wrong || each.excuse == seed_excuse::lacks_file;
        if (is_fault && each.cause.message.empty())
            say("to be missing for a reason that isn't told");
    }
}

void facts::check_missing(
    site const& content, platter const* disk, std::vector<piece_report> const& told, std::size_t count_max,
    bool is_over)
{
    std::uint64_t missing = 0;
    for (auto const& each : told)
    {
        missing += each.count;
        check_report(content, disk, each, is_over);
        if (each.state == piece_state::verified || each.state == piece_state::unwanted)
            failures.push_back("what is there is said to be missing");
    }
    if (told.size() > count_max)
        failures.push_back("more is told than was asked for");
    auto const is_known = is_over && last && told.size() < count_max;
    if (is_known && missing != last->pieces - last->pieces_verified)
        failures.push_back(std::to_string(missing) + " pieces are said to be missing");
}

} // namespace webseed::test::sim
