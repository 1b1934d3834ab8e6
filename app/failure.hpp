// How a command ends.
#pragma once

#include "exit_code.hpp"

namespace webseed::app {

/// How to show what happens.
struct output_options
{
    bool json = false;
    bool quiet = false;
    bool verbose = false;
    /// Whether servers may be anybody, which the first line of JSON says.
    bool insecure = false;
};

/// That it can't do what it is told: tells people, and other programs if they listen. The status to end with.
exit_code fail(error_code error, diagnostics const& cause, output_options output);

/// Standard output has all that it is to have. The status to end with: `status`, unless that fails.
exit_code flush_output(exit_code status);

} // namespace webseed::app
