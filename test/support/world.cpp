#include "support/world.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace webseed::test {

class sleeper
{
public:
    sleeper(virtual_clock& time, asio::any_io_executor const& executor, time_point until)
        : time_(time)
        , until_(until)
        , timer_(executor, time_point::max())
    {
        time_.sleepers_.push_back(this);
    }
    sleeper(sleeper const&) = delete;
    sleeper& operator=(sleeper const&) = delete;
    ~sleeper() { time_.sleepers_.remove(this); }

    time_point until() const noexcept { return until_; }
    void wake()
    {
        is_woken_ = true;
        timer_.cancel();
    }
    /// Completes at the time, when woken, or on cancellation.
    asio::awaitable<error_code> wait()
    {
        if (until_ <= time_.now_ || is_woken_)
            co_return error_code();
        auto const [error] = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
        co_return is_woken_ ? error_code() : error;
    }

private:
    virtual_clock& time_;
    time_point until_;
    bool is_woken_ = false;
    asio::steady_timer timer_; // never runs out: it is only there to be waited for
};

asio::awaitable<void> virtual_clock::sleep_until(time_point time)
{
    auto const executor = co_await asio::this_coro::executor;
    sleeper self(*this, executor, time);
    co_await self.wait();
}

std::uint64_t virtual_clock::random() noexcept
{
    random_state_ = random_state_ * 6364136223846793005u + 1442695040888963407u;
    return random_state_;
}

bool virtual_clock::advance()
{
    auto first = time_point::max();
    for (auto const* const each : sleepers_)
        first = std::min(first, each->until());
    if (first == time_point::max())
        return false;
    now_ = std::max(now_, first);
    for (auto* const each : sleepers_)
        if (each->until() <= now_)
            each->wake();
    return true;
}

std::string request::field(std::string const& name) const
{
    auto const begin = text.find("\r\n" + name + ": ");
    if (begin == std::string::npos)
        return {};
    auto const value = begin + name.size() + 4;
    return text.substr(value, text.find("\r\n", value) - value);
}

byte_range request::range(std::uint64_t size) const
{
    auto const value = field("Range");
    if (value.empty())
        return {0, size};
    auto const first = std::stoull(value.substr(value.find('=') + 1));
    auto const last = std::stoull(value.substr(value.find('-') + 1));
    return {first, last - first + 1};
}

std::string response(std::string const& status, std::string const& fields, std::string const& body)
{
    return "HTTP/1.1 " + status + "\r\n" + fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

std::string range_response(request const& asked, std::string const& content)
{
    if (asked.field("Range").empty())
        return response("200 OK", "", content);
    auto const range = asked.range(content.size());
    auto const field = "Content-Range: bytes " + std::to_string(range.offset) + '-' + std::to_string(range.end() - 1) +
                       '/' + std::to_string(content.size()) + "\r\n";
    return response("206 Partial Content", field, content.substr(range.offset, range.size));
}

// The client's end of a connection. What the server has decided to do lies in `steps_`, to be carried out in time.
class virtual_stream final : public stream
{
public:
    virtual_stream(virtual_network& net, std::string host, server answers)
        : net_(net)
        , host_(std::move(host))
        , answers_(std::move(answers))
    {
        ++net_.live_streams_;
    }
    ~virtual_stream() override
    {
        close();
        --net_.live_streams_;
    }

    boost::system::result<std::size_t> read_some(asio::mutable_buffer buffer) override
    {
        if (is_closed_)
            return error_code(asio::error::operation_aborted);
        carry_on();
        if (!arrived_.empty())
        {
            auto const size = std::min(buffer.size(), arrived_.size());
            std::memcpy(buffer.data(), arrived_.data(), size);
            arrived_.erase(0, size);
            return size;
        }
        if (end_)
            return *end_;
        return error_code(asio::error::would_block);
    }

    asio::awaitable<error_code> wait_readable(time_point deadline) override
    {
        auto const executor = co_await asio::this_coro::executor;
        for (;;)
        {
            if (is_closed_)
                co_return asio::error::operation_aborted;
            carry_on();
            if (!arrived_.empty() || end_)
                co_return error_code();
            if (deadline <= net_.time_->now())
                co_return errc::stalled;
            sleeper self(*net_.time_, executor, std::min(deadline, next_step_at_));
            watched_sleep const watched(waiting_, self);
            auto const error = co_await self.wait();
            if (error)
                co_return error;
        }
    }

    asio::awaitable<error_code> write(asio::const_buffer bytes, time_point) override
    {
        if (is_closed_)
            co_return asio::error::operation_aborted;
        if (end_ && *end_ != asio::error::eof)
            co_return *end_;
        sent_.append(static_cast<char const*>(bytes.data()), bytes.size());
        for (auto end = sent_.find("\r\n\r\n"); end != std::string::npos; end = sent_.find("\r\n\r\n"))
        {
            request asked;
            asked.text = sent_.substr(0, end + 2);
            sent_.erase(0, end + 4);
            auto const space = asked.text.find(' ');
            asked.target = asked.text.substr(space + 1, asked.text.find(' ', space + 1) - space - 1);
            net_.log_.push_back(host_ + ' ' + asked.target + ' ' + asked.field("Range"));
            for (auto& each : answers_(asked))
                steps_.push_back(std::move(each));
        }
        carry_on();
        co_return error_code();
    }

    void close() noexcept override
    {
        is_closed_ = true;
        if (waiting_)
            waiting_->wake();
    }

private:
    // Lets close() find who waits, for as long as somebody does: the wait may also end with an exception.
    class watched_sleep
    {
    public:
        watched_sleep(sleeper*& place, sleeper& self)
            : place_(place)
        {
            place_ = &self;
        }
        watched_sleep(watched_sleep const&) = delete;
        watched_sleep& operator=(watched_sleep const&) = delete;
        ~watched_sleep() { place_ = nullptr; }

    private:
        sleeper*& place_;
    };

    // Carries out what is due.
    void carry_on()
    {
        auto const now = net_.time_->now();
        while (!steps_.empty() && !end_)
        {
            if (next_step_at_ != time_point::max() && next_step_at_ > now)
                return;
            auto const at = std::exchange(next_step_at_, time_point::max());
            if (auto const* const pause = std::get_if<pause_for>(&steps_.front()); pause && at == time_point::max())
            {
                next_step_at_ = now + pause->time;
                continue;
            }
            if (auto* const bytes = std::get_if<send_bytes>(&steps_.front()))
                arrived_ += bytes->bytes;
            else if (std::holds_alternative<end_stream>(steps_.front()))
                end_ = asio::error::eof;
            else if (std::holds_alternative<reset_stream>(steps_.front()))
                end_ = asio::error::connection_reset;
            steps_.pop_front();
        }
    }

    virtual_network& net_;
    std::string host_;
    server answers_;
    std::string sent_;    // of a request that isn't whole
    std::string arrived_; // to be read
    std::deque<step> steps_;
    time_point next_step_at_ = time_point::max();
    std::optional<error_code> end_;
    sleeper* waiting_ = nullptr;
    bool is_closed_ = false;
};

asio::awaitable<boost::system::result<std::unique_ptr<stream>>>
virtual_network::connect(endpoint to, time_point deadline)
{
    ++connects_;
    if (auto const found = refusals_.find(to.host); found != refusals_.end())
    {
        auto const refused = found->second;
        auto const now = time_->now();
        auto const until = refused.delay > deadline - now ? deadline : now + refused.delay;
        auto const executor = co_await asio::this_coro::executor;
        sleeper self(*time_, executor, until);
        auto const error = co_await self.wait();
        if (error)
            co_return error;
        if (until == deadline)
            co_return error_code(errc::connect_timed_out);
        co_return refused.error;
    }
    auto const found = servers_.find(to.host);
    if (found == servers_.end())
        co_return error_code(errc::resolve_failed);
    co_return std::make_unique<virtual_stream>(*this, to.host, found->second);
}

void virtual_network::refuse(std::string host, error_code error, duration delay)
{
    refusals_[std::move(host)] = {error, delay};
}

void world::settle()
{
    for (auto count = std::size_t{1}; count != 0; handlers += count)
    {
        context.restart();
        count = context.poll();
    }
}

void world::run(std::function<bool()> const& done)
{
    settle();
    while (!done() && time->advance())
        settle();
}

void world::run_for(duration span)
{
    auto is_over = false;
    auto const until = time->now() + span;
    auto wait = [&]() -> asio::awaitable<void> {
        co_await time->sleep_until(until);
        is_over = true;
    };
    asio::co_spawn(context, wait, [](std::exception_ptr) {});
    run([&] { return is_over; });
}

} // namespace webseed::test
