// What holds whenever something happens, tried at every moment of a download.
#include "engine/scene.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

using namespace webseed;
using namespace webseed::test;

namespace {

using turn = std::function<bool(core::download_state& state)>; // whether there was something to close

struct closing_row
{
    std::string what;
    turn closing;
};

std::vector<closing_row> closings()
{
    return {
        {"the seed", [](core::download_state& state) { return state.close_seed("http://host/f"); }},
        {"the download",
         [](core::download_state& state) {
             state.close(errc::closed, {});
             return true;
         }},
    };
}

// Makes the turn after so many handlers have run, and then runs the rest. False: there were not so many.
bool check_that_nothing_is_written_after(int moment, turn const& closing)
{
    scene s(4);
    s.add_good_seed("host");
    s.start();
    for (int i = 0; i != moment; ++i)
    {
        if (!s.outside.context.run_one() || s.has_ended())
            return false;
    }
    auto writes = -1;
    s.session->state().post([&](core::download_state& state) {
        if (closing(state))
            writes = s.store->writes;
    });
    s.settle();
    if (writes != -1)
        CHECK(s.store->writes == writes);
    return true;
}

} // namespace

TEST_CASE("R10 R11 nothing is written from the turn on in which the seed or the download is closed, whenever that is")
{
    for (auto const& row : closings())
    {
        CAPTURE(row.what);
        auto moment = 0;
        while (check_that_nothing_is_written_after(moment, row.closing))
            ++moment;
        CHECK(moment > 20); // it did try
    }
}

namespace {

// The bytes and the close come in the same moment, in either order.
void check_that_what_arrives_is_not_written(turn const& closing, bool bytes_come_first)
{
    scene s(2, 2);
    s.options.requesters_per_seed = 1;
    s.add_seed("host", [&](request const& asked) {
        auto const whole = range_response(asked, s.content);
        auto const size = s.beginning_of_answer(asked, 20).size();
        return std::vector<step>{
            send_bytes{whole.substr(0, size)}, pause_for{std::chrono::seconds(1)}, send_bytes{whole.substr(size)}};
    });
    s.start();
    s.settle();
    CHECK(s.store->writes > 0);
    if (bytes_come_first)
        s.outside.context.advance();
    auto writes = -1;
    s.session->state().post([&](core::download_state& state) {
        CHECK(closing(state));
        writes = s.store->writes;
    });
    if (!bytes_come_first)
        s.outside.context.advance();
    s.settle();
    CHECK(s.store->writes == writes);
}

} // namespace

TEST_CASE("R10 R11 what arrives just as the seed or the download is closed is not written")
{
    for (auto const& row : closings())
        for (auto const bytes_come_first : {false, true})
        {
            CAPTURE(row.what);
            CAPTURE(bytes_come_first);
            check_that_what_arrives_is_not_written(row.closing, bytes_come_first);
        }
}
