#include "failure.hpp"

#include "format.hpp"
#include "json_output.hpp"

#include <cstdio>

namespace webseed::app {

exit_code fail(error_code error, diagnostics const& cause, output_options output)
{
    auto const status = exit_code_of(error, cause);
    std::fprintf(stderr, "webseed: %s\n", printable(cause.message).c_str());
    if (output.json)
        print_json(done_line(error, status, cause));
    return status;
}

exit_code flush_output(exit_code status)
{
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0)
        return status;
    std::fprintf(stderr, "webseed: standard output can't be written\n");
    return exit_code::file_io;
}

} // namespace webseed::app
