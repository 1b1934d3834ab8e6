// The machine loses power at any moment of a run, and any part of what wasn't synced may be gone or torn: what does the
// next run trust?
#pragma once

#include "sim/mirror.hpp"
#include "sim/platter.hpp"
#include "sim/scenario.hpp"
#include "sim/simulation.hpp"

#include <cstdint>
#include <memory>

namespace webseed::test::sim {

class crash_lab
{
public:
    /// Runs the scenario to its end, and keeps all that its disk went through.
    explicit crash_lab(scenario what);

    /// Starts again on the disk as it may be after the crash with this number; the crashes go round all the moments at
    /// which something was written. Nobody serves anything: what is then taken for verified must be right. Every so
    /// often a mirror is there, and everything must become right. @param log  may be null.
    report check(std::uint64_t number, std::ostream* log) const;

private:
    std::vector<std::string> wrongly_trusted(platter& after) const;

    scenario what_;
    std::shared_ptr<site const> site_;
    std::shared_ptr<site const> bare_site_; // with the recovery's seeds alone
    platter disk_;
};

} // namespace webseed::test::sim
