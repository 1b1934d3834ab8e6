// What all connections of a network share.
#pragma once

#include "net/resolver.hpp"
#include "net/tls_context.hpp"

#include <webseed/network_options.hpp>

#include <utility>

namespace webseed::net {

struct means
{
    means(network_options wanted, lookup_function ask)
        : options(std::move(wanted))
        , names(options, std::move(ask))
        , tls(std::make_shared<tls_context>(options.tls))
    {}

    network_options const options;
    resolver names;
    std::shared_ptr<tls_context> const tls;
};

} // namespace webseed::net
