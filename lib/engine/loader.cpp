#include "engine/loader.hpp"

#include "engine/message_of.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <utility>

namespace webseed::core {

namespace asio = boost::asio;

namespace {

load_result failed(error_code error, std::string message)
{
    load_result made;
    made.error = error;
    made.cause.message = std::move(message);
    return made;
}

} // namespace

loader::loader(engine_parts shared, std::string source, load_options options)
    : activity(shared.front)
    , shared_(std::move(shared))
    , source_(std::move(source))
    , options_(std::move(options))
    , home_(shared_.crew->next_serial())
{}

void loader::start()
{
    if (!begin())
        return;
    // From there, so that the slot is never touched on two threads.
    asio::post(home_, [self = shared_from_this()] {
        auto keep_alive = [self](std::exception_ptr) {};
        asio::co_spawn(self->home_, self->run(), asio::bind_cancellation_slot(self->cancel_.slot(), keep_alive));
    });
}

void loader::close(error_code reason)
{
    auto const before = retire();
    if (before == phase::fresh)
        end_as(failed(reason, "closed before it was started"));
    if (before != phase::running)
        return;
    asio::post(home_, [self = shared_from_this(), reason] {
        if (!self->closed_by_)
            self->closed_by_ = reason;
        self->cancel_.emit(asio::cancellation_type::terminal);
    });
}

asio::awaitable<void> loader::run()
{
    load_result result;
    try
    {
        load_parts const parts{*shared_.net, *shared_.time, *shared_.buffers};
        if (closed_by_)
            result.error = closed_by_;
        else
            result = co_await load_torrent(parts, source_, options_);
    }
    catch (boost::system::system_error const& error)
    {
        auto const is_cancelled = error.code() == asio::error::operation_aborted;
        result = failed(is_cancelled ? error.code() : error_code(errc::internal), error.what());
    }
    catch (...)
    {
        result = failed(errc::internal, "unexpected: " + message_of(std::current_exception()));
    }
    if (result.error && closed_by_)
        result = failed(closed_by_, "given up before the torrent was there");
    end_as(std::move(result));
    co_return;
}

void loader::end_as(load_result result)
{
    result_ = std::move(result);
    end();
}

} // namespace webseed::core
