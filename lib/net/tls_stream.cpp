#include "net/tls_stream.hpp"

#include "net/tls_engine.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <openssl/err.h>

#include <utility>

namespace webseed::net {

namespace asio = boost::asio;

namespace {

using shared_engine = std::shared_ptr<tls_engine>;

// Sends what OpenSSL has made. If that takes too long the rest is lost, and with it the connection.
asio::awaitable<error_code> flush(shared_engine engine, time_point deadline)
{
    auto const bytes = std::exchange(engine->out, {});
    if (bytes.empty())
        co_return error_code();
    auto const error = co_await engine->lower->write(asio::buffer(bytes), deadline);
    if (error && !engine->ended)
        engine->ended = error;
    co_return error;
}

// After would_block: sends what there is to send, which may be what the server waits for, and then waits if there is
// nothing to read. A server that keeps us busy with records of no content does so until the deadline, and not alone.
asio::awaitable<error_code> make_progress(shared_engine engine, time_point deadline)
{
    auto error = co_await flush(engine, deadline);
    if (error)
        co_return error;
    if (engine->is_drained)
    {
        error = co_await engine->lower->wait_readable(deadline);
        engine->is_drained = false;
        co_return error;
    }
    if (deadline <= std::chrono::steady_clock::now())
        co_return errc::stalled;
    auto const executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable);
    co_return error_code();
}

asio::awaitable<error_code> wait_for_record(shared_engine engine, time_point deadline)
{
    while (!engine->has_record())
    {
        auto const error = co_await make_progress(engine, deadline);
        if (error)
            co_return error;
    }
    if (engine->ended == asio::error::operation_aborted)
        co_return engine->ended;
    co_return error_code();
}

asio::awaitable<error_code> write_all(shared_engine engine, asio::const_buffer bytes, time_point deadline)
{
    constexpr std::size_t out_size_max = 64u << 10;
    while (bytes.size() != 0)
    {
        error_code error;
        bytes += engine->write_some(bytes, error);
        if (error == asio::error::would_block)
            error = co_await make_progress(engine, deadline);
        else if (!error && engine->out.size() >= out_size_max)
            error = co_await flush(engine, deadline);
        if (error)
            co_return error;
    }
    co_return co_await flush(engine, deadline);
}

asio::awaitable<error_code> shake_hands(shared_engine engine, time_point deadline)
{
    while (true)
    {
        auto error = engine->shake_hands();
        if (error == asio::error::would_block)
        {
            error = co_await make_progress(engine, deadline);
            if (error)
                co_return error;
            continue;
        }
        // Of a failure the server is told why.
        auto const unsent = co_await flush(engine, deadline);
        if (!error)
            error = unsent;
        co_return error;
    }
}

class tls_stream final : public stream
{
public:
    explicit tls_stream(shared_engine engine)
        : engine_(std::move(engine))
    {}
    ~tls_stream() override { close(); }

    boost::system::result<std::size_t> read_some(asio::mutable_buffer buffer) override
    {
        return engine_->read_some(buffer);
    }
    asio::awaitable<error_code> wait_readable(time_point deadline) override
    {
        return wait_for_record(engine_, deadline);
    }
    asio::awaitable<error_code> write(asio::const_buffer bytes, time_point deadline) override
    {
        return write_all(engine_, bytes, deadline);
    }
    void close() noexcept override
    {
        engine_->ended = asio::error::operation_aborted;
        engine_->lower->close();
    }
    stream_facts facts() const override { return facts_; }

    /// After the handshake.
    void note_facts()
    {
        facts_ = engine_->lower->facts();
        facts_.tls = engine_->version();
        facts_.is_resumed = engine_->is_resumed();
    }

private:
    shared_engine engine_;
    stream_facts facts_;
};

// The words for why a handshake failed.
error_code failure(tls_engine& engine, error_code error, std::string& detail)
{
    if (error == errc::stalled)
        return errc::handshake_timed_out;
    if (auto const& refusal = engine.refusal(); !refusal.empty())
    {
        detail = refusal;
        return errc::certificate_refused;
    }
    if (error == asio::ssl::error::stream_truncated || error == asio::error::eof)
    {
        detail = "the server closed the connection";
        return errc::tls_failed;
    }
    if (error.category() == asio::error::get_ssl_category())
    {
        auto const* const reason = ERR_reason_error_string(static_cast<unsigned>(error.value()));
        detail = reason != nullptr ? reason : error.message();
        return errc::tls_failed;
    }
    return error;
}

} // namespace

asio::awaitable<boost::system::result<std::unique_ptr<stream>>> start_tls(
    std::unique_ptr<stream> lower, std::shared_ptr<tls_context> context, endpoint to, time_point deadline,
    std::string& detail)
{
    auto client = context->make(to, detail);
    if (!client.ssl)
        co_return error_code(errc::tls_failed);
    auto const engine = std::make_shared<tls_engine>(std::move(lower), std::move(client));
    auto made = std::make_unique<tls_stream>(engine); // so that leaving this closes the connection
    auto const error = co_await shake_hands(engine, deadline);
    if (error)
        co_return failure(*engine, error, detail);
    made->note_facts();
    co_return std::unique_ptr<stream>(std::move(made));
}

} // namespace webseed::net
