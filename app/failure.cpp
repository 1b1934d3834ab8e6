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
    {
        auto line = json_line("done");
        line["ok"] = false;
        line["exit"] = static_cast<int>(status);
        line["error"] = error.message();
        line["message"] = to_utf8(cause.message);
        print_json(line);
    }
    return status;
}

} // namespace webseed::app
