#include "sim/crash.hpp"

#include "engine/session.hpp"
#include "sim/verdict.hpp"
#include "support/session_parts.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

namespace webseed::test::sim {

namespace {

// One of so many states is also downloaded to its end.
constexpr std::uint64_t recovery_interval = 64;

} // namespace

crash_lab::crash_lab(scenario what)
    : what_(std::move(what))
    , site_(make_site(what_))
    , bare_site_(make_site(recovery_of(what_)))
    , disk_(*site_, what_)
{
    simulate_on(disk_, what_, site_, {}, nullptr);
}

report crash_lab::check(std::uint64_t number, std::ostream* log) const
{
    auto const moments = disk_.disk().operation_count() + 1;
    dice chance(what_.seed * 1'000'003 + number);
    platter after(disk_.disk().crashed_after(number % moments, chance), disk_);
    if (log)
        *log << "after " << number % moments << " of " << moments - 1 << " operations:\n" << after.disk().tree();
    report made;
    made.failures = wrongly_trusted(after);
    if (number % recovery_interval == 0 && made.failures.empty())
        made = simulate_on(after, recovery_of(what_), bare_site_, {}, log);
    return made;
}

std::vector<std::string> crash_lab::wrongly_trusted(platter& after) const
{
    std::vector<std::string> failures;
    world outside;
    auto const session = std::make_shared<core::session>(
        session_parts(outside, 1), bare_site_->torrent,
        after.make_storage(bare_site_->torrent, what_.disk.remember_every != duration{}), std::vector<std::string>(),
        what_.options);
    session->start();
    outside.run();
    auto look = [&](core::download_state& state) {
        for (std::uint32_t i = 0; i != site_->torrent.piece_count(); ++i)
        {
            auto const range = torrent::layout(site_->torrent).range_of(static_cast<piece_index>(i));
            if (state.plan().is_verified(static_cast<piece_index>(i)) && !after.is_right(*site_, range))
                failures.push_back("piece " + std::to_string(i) + " is trusted, and isn't right");
        }
        if (std::ranges::all_of(what_.mirrors, &mirror_manner::is_honest))
            for (auto const& range : state.plan().begun())
                if (!after.is_right(*site_, range))
                    failures.push_back("what was begun at " + std::to_string(range.offset) + " isn't there");
    };
    session->state().post(look);
    outside.settle();
    auto const error = session->ending().error;
    if (error && error != errc::no_seeds)
        failures.push_back("could not look at what is there: " + error.message());
    return failures;
}

} // namespace webseed::test::sim
