#include <webseed/network_check.hpp>

#include "net/proxy.hpp"
#include "net/tls_context.hpp"

namespace webseed {

error_code check_network_options(network_options const& options, std::string& detail)
{
    for (auto const* const url : {&options.proxy.http, &options.proxy.https, &options.proxy.all})
        if (!url->empty() && !net::parse_proxy(*url))
        {
            detail = "the URL of the proxy is not valid";
            return errc::option_invalid;
        }
    auto const& tls = options.tls;
    if (tls.ca_file.empty() && tls.certificate_file.empty() && tls.key_file.empty())
        return {};
    net::tls_context context(tls);
    auto const made = context.make(endpoint{"https", "localhost", 443}, detail);
    return made.ssl ? error_code() : error_code(errc::option_invalid);
}

} // namespace webseed
