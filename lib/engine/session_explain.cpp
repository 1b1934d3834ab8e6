// What is asked of a session about its pieces.
#include "engine/session.hpp"

#include <utility>

namespace webseed::core {

std::shared_ptr<question<piece_report>> session::explain(piece_index piece)
{
    auto asked = std::make_shared<question<piece_report>>(front());
    look([asked, piece](download_state const& state, time_point now) {
        asked->answer(state.explain(to_number(piece), now));
    });
    return asked;
}

std::shared_ptr<question<missing_walk>> session::explain_missing(missing_walk so_far)
{
    auto asked = std::make_shared<question<missing_walk>>(front());
    look([asked, walk = std::move(so_far)](download_state const& state, time_point now) mutable {
        state.explain_missing(walk, now);
        asked->answer(std::move(walk));
    });
    return asked;
}

// As a turn of the state's own; once the session has ended there may be no worker left to take it, and nothing changes.
void session::look(std::function<void(download_state const&, time_point)> visit)
{
    auto const now = shared_.time->now();
    {
        std::lock_guard const lock(reads_mutex_);
        if (!reads_over_)
        {
            state_.post([self = shared_from_this(), visit = std::move(visit), now](download_state& state) {
                visit(state, now);
            });
            return;
        }
    }
    visit(state_.quiet(), now);
}

} // namespace webseed::core
