#include "net/addresses.hpp"

#include <algorithm>

namespace webseed::net {

address_list in_order(address_list const& addresses, address_family family, std::size_t count_max)
{
    address_list by_family[2]; // IPv6, IPv4
    for (auto const& each : addresses)
    {
        auto const is_wanted = family == address_family::any || (family == address_family::ipv4) == each.is_v4();
        auto& same = by_family[each.is_v4() ? 1 : 0];
        if (is_wanted && same.size() < count_max && std::find(same.begin(), same.end(), each) == same.end())
            same.push_back(each);
    }
    address_list ordered;
    for (std::size_t i = 0; i != std::max(by_family[0].size(), by_family[1].size()); ++i)
        for (auto const& same : by_family)
            if (i < same.size() && ordered.size() < count_max)
                ordered.push_back(same[i]);
    return ordered;
}

} // namespace webseed::net
