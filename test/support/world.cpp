#include "support/world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <algorithm>
#include <cstring>
#include <deque>
#include <exception>
#include <utility>

namespace webseed::test {

asio::awaitable<void> virtual_clock::sleep_until(time_point time)
{
    simulated_wait self(context_, time);
    co_await self.wait();
}

// The client's end of a connection. What the server has decided to do lies in `steps_`, to be carried out in time.
class virtual_stream final : public stream
{
public:
    virtual_stream(virtual_network& net, std::string host, server answers, stream_facts facts)
        : net_(net)
        , host_(std::move(host))
        , answers_(std::move(answers))
        , facts_(std::move(facts))
    {
        ++net_.live_streams_;
        connection_ = net_.counts_[host_].connections++;
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
            auto size = std::min(buffer.size(), arrived_.size());
            if (net_.read_size_max_)
                size = std::min(size, net_.read_size_max_());
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
        for (;;)
        {
            if (is_closed_)
                co_return asio::error::operation_aborted;
            carry_on();
            if (!arrived_.empty() || end_)
                co_return error_code();
            if (deadline <= net_.context_.now())
                co_return errc::stalled;
            simulated_wait self(net_.context_, steps_.empty() ? deadline : std::min(deadline, next_step_at_));
            watched_wait const watched(waiting_, self);
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
        asked_at_ = net_.context_.now();
        for (auto end = sent_.find("\r\n\r\n"); end != std::string::npos; end = sent_.find("\r\n\r\n"))
        {
            auto asked = request_of(sent_.substr(0, end + 2));
            sent_.erase(0, end + 4);
            asked.connection = connection_;
            asked.index = net_.counts_[host_].requests++;
            net_.log_.push_back(host_ + ' ' + asked.target + ' ' + asked.field("Range"));
            asked.was_ahead = is_answering();
            asked_.push_back(std::move(asked));
        }
        carry_on();
        co_return error_code();
    }

    void close() noexcept override
    {
        is_closed_ = true;
        steps_.clear(); // of which nobody sees anything any more
        if (waiting_)
            waiting_->end();
    }

    stream_facts facts() const override { return facts_; }

private:
    // Lets close() find who waits, for as long as somebody does: the wait may also end with an exception.
    class watched_wait
    {
    public:
        watched_wait(simulated_wait*& place, simulated_wait& self)
            : place_(place)
        {
            place_ = &self;
        }
        watched_wait(watched_wait const&) = delete;
        watched_wait& operator=(watched_wait const&) = delete;
        ~watched_wait() { place_ = nullptr; }

    private:
        simulated_wait*& place_;
    };

    bool is_sending() const
    {
        return std::ranges::any_of(steps_, [](auto const& each) {
            return std::holds_alternative<send_bytes>(each) || std::holds_alternative<repeat_bytes>(each);
        });
    }
    bool is_answering() const { return !asked_.empty() || is_sending(); }

    // The server looks at a request when it has sent the response before.
    void answer()
    {
        if (asked_.empty() || is_sending() || end_)
            return;
        if (asked_.front().was_ahead && !steps_.empty() && std::holds_alternative<wait_until>(steps_.front()))
            return;
        if (steps_.empty())
            next_step_at_ = std::max(next_step_at_, asked_at_);
        auto const asked = std::move(asked_.front());
        asked_.pop_front();
        for (auto& each : answers_(asked))
            steps_.push_back(std::move(each));
    }

    // Carries out what is due. A pause begins when the step before it was due, whenever that was looked at. What is
    // repeated without a pause comes when all before it has been read.
    void carry_on()
    {
        for (answer(); !steps_.empty() && !end_ && next_step_at_ <= net_.context_.now(); answer())
        {
            auto& next = steps_.front();
            if (auto const* const repeated = std::get_if<repeat_bytes>(&next))
            {
                if (repeated->pause == duration{} && !arrived_.empty())
                    return;
                arrived_ += repeated->bytes;
                next_step_at_ += repeated->pause;
                continue;
            }
            if (auto const* const wait = std::get_if<wait_until>(&next); wait && !wait->holds())
            {
                next_step_at_ = net_.context_.now() + std::chrono::milliseconds(1);
                return;
            }
            if (auto const* const pause = std::get_if<pause_for>(&next))
                next_step_at_ += pause->time;
            else if (auto* const bytes = std::get_if<send_bytes>(&next))
                arrived_ += bytes->bytes;
            else if (std::holds_alternative<end_stream>(next))
                end_ = asio::error::eof;
            else if (std::holds_alternative<wait_until>(next))
                next_step_at_ = net_.context_.now();
            else if (std::holds_alternative<truncate_stream>(next))
                end_ = facts_.tls.empty() ? error_code(asio::error::eof) : asio::ssl::error::stream_truncated;
            else
                end_ = asio::error::connection_reset;
            steps_.pop_front();
        }
    }

    virtual_network& net_;
    std::string host_;
    server answers_;
    stream_facts facts_;
    std::uint64_t connection_ = 0; // of those to the host
    std::string sent_;             // of a request that isn't whole
    std::string arrived_;          // to be read
    std::deque<request> asked_;    // and not looked at yet
    time_point asked_at_ = time_point::min();
    std::deque<step> steps_;
    time_point next_step_at_ = time_point::min(); // long past
    std::optional<error_code> end_;
    simulated_wait* waiting_ = nullptr;
    bool is_closed_ = false;
};

asio::awaitable<boost::system::result<std::unique_ptr<stream>>>
virtual_network::connect(connect_request request, std::string&)
{
    ++connects_;
    auto const& host = request.to.host;
    auto const deadline = context_.now() + request.connect_timeout;
    connect_outcome outcome;
    if (auto const found = outcomes_.find(host); found != outcomes_.end())
        outcome = found->second();
    if (outcome.delay != duration{})
    {
        auto const now = context_.now();
        auto const until = outcome.delay > deadline - now ? deadline : now + outcome.delay;
        simulated_wait self(context_, until);
        auto const error = co_await self.wait();
        if (error)
            co_return error;
        if (until == deadline)
            co_return error_code(errc::connect_timed_out);
    }
    if (outcome.error)
        co_return outcome.error;
    stream_facts facts;
    facts.address = address_of(host);
    if (request.may_reach && !request.may_reach(*facts.address))
        co_return error_code(errc::address_refused);
    if (request.to.scheme == "https")
        facts.tls = "TLSv1.3";
    if (outcome.stranger)
        co_return std::make_unique<virtual_stream>(*this, host, outcome.stranger, facts);
    auto found = servers_.find(host + ':' + std::to_string(request.to.port));
    if (found == servers_.end())
        found = servers_.find(host);
    if (found == servers_.end())
        co_return error_code(errc::resolve_failed);
    co_return std::make_unique<virtual_stream>(*this, host, found->second, facts);
}

asio::ip::address virtual_network::address_of(std::string const& host) const
{
    error_code no_address;
    auto const literal = asio::ip::make_address(host, no_address);
    if (!no_address)
        return literal;
    auto const found = addresses_.find(host);
    return found != addresses_.end() ? found->second() : asio::ip::make_address("93.184.216.34");
}

void virtual_network::locate(std::string host, std::function<asio::ip::address()> address)
{
    addresses_[std::move(host)] = std::move(address);
}

void virtual_network::on_connect(std::string host, std::function<connect_outcome()> outcome)
{
    outcomes_[std::move(host)] = std::move(outcome);
}

void virtual_network::refuse(std::string host, error_code error, duration delay)
{
    connect_outcome const refused{error, delay, {}};
    on_connect(std::move(host), [refused] { return refused; });
}

void world::settle()
{
    while (context.run_one())
    {}
}

void world::run(std::function<bool()> const& done)
{
    settle();
    while (!done() && context.advance())
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
