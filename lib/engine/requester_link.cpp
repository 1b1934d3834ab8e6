#include "engine/requester_link.hpp"

#include <boost/asio/post.hpp>

namespace webseed::core {

void requester_link::wake()
{
    boost::asio::post(executor_, [self = shared_from_this()] { self->wakeup_.ring(); });
}

void requester_link::close()
{
    is_closed_.store(true, std::memory_order_release);
    boost::asio::post(executor_, [self = shared_from_this()] {
        self->wakeup_.ring();
        if (self->claim_)
            self->wakeup_.interrupt();
    });
}

void requester_link::stop(planning::claim_id claim)
{
    boost::asio::post(executor_, [self = shared_from_this(), claim] {
        if (self->claim_ != claim)
            return;
        self->is_stopped_ = true;
        if (!self->is_storing_)
            self->wakeup_.interrupt();
    });
}

void requester_link::begin(planning::claim_id claim) noexcept
{
    claim_ = claim;
    is_stopped_ = false;
}

void requester_link::end() noexcept
{
    claim_.reset();
    is_stopped_ = false;
}

} // namespace webseed::core
