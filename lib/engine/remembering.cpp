#include "engine/remembering.hpp"

#include <algorithm>
#include <utility>

namespace webseed::core {

namespace asio = boost::asio;

asio::awaitable<void> keep_remembering(download_parts const& parts, wakeup& bell, std::atomic<bool> const& is_over)
{
    auto count = [](download_state& state) { return state.plan().verified_count(); };
    auto remembered = co_await parts.state.with(count);
    while (!is_over)
    {
        auto const until = parts.time.now() + parts.options.remember_interval;
        co_await bell.wait(parts.time, until);
        if (is_over)
            co_return;
        auto look = [remembered](download_state& state) { return state.verified_beyond(remembered); };
        auto verified = co_await parts.state.with(look);
        if (verified.empty())
            continue;
        remembered = static_cast<std::uint32_t>(std::ranges::count(verified, true));
        co_await parts.store.remember(std::move(verified)); // or, where that fails, the next time
    }
}

} // namespace webseed::core
