#include "support/world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>

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
    virtual_stream(virtual_network& net, std::string host, server answers, stream_facts facts)
        : net_(net)
        , host_(std::move(host))
        , answers_(std::move(answers))
        , facts_(std::move(facts))
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
        for (auto end = sent_.find("\r\n\r\n"); end != std::string::npos; end = sent_.find("\r\n\r\n"))
        {
            request asked;
            asked.text = sent_.substr(0, end + 2);
            sent_.erase(0, end + 4);
            auto const space = asked.text.find(' ');
            asked.target = asked.text.substr(space + 1, asked.text.find(' ', space + 1) - space - 1);
            if (steps_.empty())
                next_step_at_ = std::max(next_step_at_, net_.context_.now());
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

    // Carries out what is due. A pause begins when the step before it was due, whenever that was looked at.
    void carry_on()
    {
        while (!steps_.empty() && !end_ && next_step_at_ <= net_.context_.now())
        {
            if (auto const* const pause = std::get_if<pause_for>(&steps_.front()))
                next_step_at_ += pause->time;
            else if (auto* const bytes = std::get_if<send_bytes>(&steps_.front()))
                arrived_ += bytes->bytes;
            else if (std::holds_alternative<end_stream>(steps_.front()))
                end_ = asio::error::eof;
            else
                end_ = asio::error::connection_reset;
            steps_.pop_front();
        }
    }

    virtual_network& net_;
    std::string host_;
    server answers_;
    stream_facts facts_;
    std::string sent_;    // of a request that isn't whole
    std::string arrived_; // to be read
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
