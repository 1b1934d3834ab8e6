// Runs the simulation.
//
//   test_sim                        a short look at everything
//   test_sim drawn FIRST LAST       runs drawn from these seeds
//   test_sim faultless FIRST LAST   the same, in which nothing goes wrong
//   test_sim each FIRST LAST        each wrong answer in turn, by a mirror that gives no other, beside an honest one
//   test_sim sweep KIND [STRIDE [SEEDS]]
//                                   one interference at every STRIDE-th point of every named scenario, or all of them
//                                   ("all"), on so many schedules
//   test_sim crashes COUNT          states in which a loss of power may leave the disk of the named scenarios
//   test_sim traces FIRST LAST      drawn runs; prints the hash of what happened in each
//   test_sim replay CASE...         each with all that happens in it
#include "sim/cases.hpp"
#include "sim/runner.hpp"

#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace webseed::test::sim;

std::vector<named_case> seeds(std::string const& scenario, std::uint64_t first, std::uint64_t last)
{
    std::vector<named_case> all;
    for (auto seed = first; seed <= last; ++seed)
        all.push_back({scenario, seed, {}});
    return all;
}

int replay(std::vector<std::string> const& names)
{
    auto status = 0;
    for (auto const& name : names)
    {
        auto const one = parse_case(name);
        if (!one)
            throw std::invalid_argument("not a case: " + name);
        std::cout << scenario_of(*one).description() << '\n';
        auto const seen = run_case(*one, &std::cout);
        std::cout.flush();
        std::printf("trace %016llx\n", static_cast<unsigned long long>(seen.trace));
        for (auto const& each : seen.failures)
            std::cout << "FAILED: " << each << '\n';
        status |= seen.failures.empty() ? 0 : 1;
    }
    return status;
}

int traces(std::uint64_t first, std::uint64_t last)
{
    for (auto seed = first; seed <= last; ++seed)
        std::printf(
            "drawn:%llu %016llx\n", static_cast<unsigned long long>(seed),
            static_cast<unsigned long long>(simulate(drawn_from(seed)).trace));
    return 0;
}

void sweep_all(runner& all, std::string const& name, std::uint64_t stride, std::uint64_t seeds)
{
    auto const only = parse_kind(name);
    if (!only && name != "all")
        throw std::invalid_argument("no sweep is called " + name);
    for (auto what = interference::kind::cancel; what <= interference::kind::fail_file_calls;
         what = static_cast<interference::kind>(static_cast<int>(what) + 1))
        if (!only || what == *only)
            all.run("sweep " + name_of(what), sweep(what, stride, seeds));
}

int run(std::string const& program, std::vector<std::string> const& arguments)
{
    auto const at = [&](std::size_t i) { return i < arguments.size() ? arguments[i] : std::string(); };
    auto const number = [&](std::size_t i, std::uint64_t otherwise) {
        return i < arguments.size() ? std::stoull(arguments[i]) : otherwise;
    };
    runner all(program);
    if (at(0) == "replay")
        return replay({arguments.begin() + 1, arguments.end()});
    if (at(0) == "traces")
        return traces(number(1, 1), number(2, 1000));
    if (at(0) == "drawn" || at(0) == "faultless" || at(0) == "each")
        all.run(at(0), seeds(at(0), number(1, 1), number(2, 1000)));
    else if (at(0) == "sweep")
        sweep_all(all, at(1), number(2, 1), number(3, 1));
    else if (at(0) == "crashes")
        all.run("crashes", crashes(number(1, 1'000'000)));
    else if (arguments.empty())
    {
        all.run("drawn", seeds("drawn", 1, 300));
        all.run("faultless", seeds("faultless", 1, 100));
        all.run("each", seeds("each", 1, 200));
        sweep_all(all, "all", 41, 1);
        all.run("crashes", crashes(20'000));
    }
    else
        throw std::invalid_argument("no such command: " + at(0));
    return all.conclude();
}

} // namespace

int main(int count, char** arguments)
{
    try
    {
        return run(arguments[0], {arguments + 1, arguments + count});
    }
    catch (std::exception const& error)
    {
        std::cerr << error.what() << '\n';
        return 2;
    }
}
