#include "net/race.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace webseed::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Shared with the handlers of the attempts, which may run after the race is over.
struct runners
{
    explicit runners(asio::any_io_executor const& executor)
        : wake(executor)
    {}

    asio::steady_timer wake; // until there is something to do: by its time, or because an attempt has ended
    std::vector<std::shared_ptr<tcp::socket>> attempts;
    std::size_t pending_count = 0;
    std::shared_ptr<tcp::socket> winner;
    error_code last_error;
    bool is_next_due = true;
};

class stopped_at_end
{
public:
    explicit stopped_at_end(std::shared_ptr<runners> all)
        : all_(std::move(all))
    {}
    stopped_at_end(stopped_at_end const&) = delete;
    stopped_at_end& operator=(stopped_at_end const&) = delete;
    ~stopped_at_end()
    {
        error_code ignored;
        for (auto const& each : all_->attempts)
            each->close(ignored);
        all_->attempts.clear();
        all_->winner.reset();
    }

private:
    std::shared_ptr<runners> all_;
};

void note_failure(runners& all, error_code error)
{
    all.last_error = error;
    all.is_next_due = true;
}

void start(std::shared_ptr<runners> const& all, tcp::endpoint to)
{
    auto const attempt = std::make_shared<tcp::socket>(all->wake.get_executor());
    error_code error;
    attempt->open(to.protocol(), error);
    if (!error)
        attempt->non_blocking(true, error);
    if (!error)
        attempt->set_option(tcp::no_delay(true), error);
    all->is_next_due = false;
    if (error)
        return note_failure(*all, error);
    all->attempts.push_back(attempt);
    ++all->pending_count;
    attempt->async_connect(to, [all, attempt](error_code failure) {
        --all->pending_count;
        if (failure)
            note_failure(*all, failure);
        else if (!all->winner)
            all->winner = attempt;
        all->wake.cancel();
    });
}

// Which addresses were tried, and which weren't allowed to be.
struct account
{
    address_list tried;
    address_list refused;

    static std::string list(address_list const& addresses)
    {
        std::string text;
        for (auto const& each : addresses)
            text += (text.empty() ? "" : ", ") + each.to_string();
        return text;
    }
    std::string text() const
    {
        auto const refusal = refused.empty() ? std::string() : list(refused) + " may not be reached";
        if (tried.empty())
            return refusal;
        return "tried " + list(tried) + (refused.empty() ? "" : "; " + refusal);
    }
};

} // namespace

asio::awaitable<boost::system::result<tcp::socket>> run_race(race course, std::string& detail)
{
    auto const executor = co_await asio::this_coro::executor;
    auto const all = std::make_shared<runners>(executor);
    stopped_at_end const guard(all);
    account told;
    auto next = course.addresses.begin();
    while (true)
    {
        while (next != course.addresses.end() && all->is_next_due)
        {
            auto const address = *next++;
            auto const may = !course.may_reach || course.may_reach(address);
            (may ? told.tried : told.refused).push_back(address);
            if (may)
                start(all, tcp::endpoint(address, course.port));
        }
        detail = told.text();
        if (all->pending_count == 0)
            co_return told.tried.empty() ? error_code(errc::address_refused) : all->last_error;
        auto const now = std::chrono::steady_clock::now();
        auto const turn = course.attempt_delay < course.deadline - now ? now + course.attempt_delay : course.deadline;
        all->wake.expires_at(next == course.addresses.end() ? course.deadline : turn);
        co_await all->wake.async_wait(asio::as_tuple(asio::use_awaitable));
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            co_return error_code(asio::error::operation_aborted);
        if (all->winner)
            break;
        if (course.deadline <= std::chrono::steady_clock::now())
            co_return error_code(errc::connect_timed_out);
        // Woken by an attempt that failed, which has made the next one due, or by the time, which does so now.
        all->is_next_due = true;
    }
    detail.clear();
    auto winner = std::move(*all->winner);
    co_return std::move(winner);
}

} // namespace webseed::net
