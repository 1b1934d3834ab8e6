// How a command ends that can't do what it is told.
#pragma once

#include "exit_code.hpp"

namespace webseed::app {

/// How to show what happens.
struct output_options
{
    bool json = false;
    bool quiet = false;
};

/// Tells people, and other programs if they listen. The status to end with.
exit_code fail(error_code error, diagnostics const& cause, output_options output);

} // namespace webseed::app
