// Of channels that tell nothing but that something has happened.
#pragma once

#include <boost/asio/experimental/channel_traits.hpp>
#include <boost/system/error_code.hpp>

#include <list>

namespace webseed::core {

/// Asio's own keep a std::deque ready for what is queued, and that is half a KiB even when it is empty: too much for
/// each of thousands of idle downloads.
struct bell_traits : boost::asio::experimental::channel_traits<void(boost::system::error_code)>
{
    template <class...>
    struct rebind
    {
        using other = bell_traits;
    };

    template <class Element>
    struct container
    {
        using type = std::list<Element>;
    };
};

} // namespace webseed::core
