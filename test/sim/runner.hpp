// Runs many cases on all processors, in processes of their own, so that a crash is a failure of one case.
#pragma once

#include "sim/cases.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace webseed::test::sim {

class runner
{
public:
    /// @param program  how it was called, for the command that repeats a case.
    explicit runner(std::string program);

    /// Runs all, and prints what failed, how to repeat it, and a line of figures.
    void run(std::string const& suite, std::vector<named_case> const& cases);

    /// Prints how many suites passed and failed. Returns the exit status.
    int conclude() const;

private:
    std::string program_;
    int passed_ = 0;
    int failed_ = 0;
};

} // namespace webseed::test::sim
