#include "engine/remembering.hpp"

#include <utility>

namespace webseed::core {

namespace asio = boost::asio;

asio::awaitable<void> keep_remembering(download_parts const& parts, wakeup& bell, std::atomic<bool> const& is_over)
{
    auto take_stock = [](download_state& state) { return state.known(); };
    auto remembered = co_await parts.state.with(take_stock);
    while (!is_over)
    {
        auto const until = parts.time.now() + parts.options.remember_interval;
        co_await bell.wait(parts.time, until);
        if (is_over)
            co_return;
        auto look = [&remembered](download_state& state) { return state.known_beyond(remembered); };
        auto known = co_await parts.state.with(look);
        if (!known)
            continue;
        remembered = *known;
        co_await parts.store.remember(std::move(*known)); // or, where that fails, the next time
    }
}

} // namespace webseed::core
