// A simulated run has a name, from which it can be repeated:
//
//   case = scenario ":" seed [ ":" interference "@" at [ "x" errno ] ]     liar:7:cancel@123,
//   full_disk:1:file_call@9x28
#pragma once

#include "sim/scenario.hpp"
#include "sim/simulation.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace webseed::test::sim {

struct named_case
{
    std::string scenario;
    std::uint64_t seed = 1;
    interference how;
};

std::string text_of(named_case const& one);
/// Nothing for what isn't the name of a case.
std::optional<named_case> parse_case(std::string_view text);
std::string name_of(interference::kind what);
std::optional<interference::kind> parse_kind(std::string_view name);
/// Throws std::invalid_argument if there is no such scenario.
scenario scenario_of(named_case const& one);

/// Runs it. @param log  may be null.
report run_case(named_case const& one, std::ostream* log);

/// Crashes of the named scenarios, `count` in all.
std::vector<named_case> crashes(std::uint64_t count);

/// Every `stride`-th point at which this can be done to each of the named scenarios, on schedules of `seeds` seeds.
std::vector<named_case> sweep(interference::kind what, std::uint64_t stride, std::uint64_t seeds);

} // namespace webseed::test::sim
