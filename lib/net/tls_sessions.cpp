#include "net/tls_sessions.hpp"

#include <algorithm>
#include <utility>

namespace webseed::net {

void tls_sessions::put(std::string const& endpoint, owned_session session)
{
    std::scoped_lock const lock(mutex_);
    auto& own = endpoints_[endpoint];
    own.turn = ++turn_;
    own.sessions.push_back(std::move(session));
    if (own.sessions.size() > session_count_max)
        own.sessions.pop_front();
    if (endpoints_.size() > endpoint_count_max)
        forget_oldest();
}

owned_session tls_sessions::take(std::string const& endpoint)
{
    std::scoped_lock const lock(mutex_);
    auto const found = endpoints_.find(endpoint);
    if (found == endpoints_.end())
        return nullptr;
    auto& sessions = found->second.sessions;
    found->second.turn = ++turn_;
    if (SSL_SESSION_get_protocol_version(sessions.back().get()) < TLS1_3_VERSION)
    {
        SSL_SESSION_up_ref(sessions.back().get());
        return owned_session(sessions.back().get());
    }
    auto taken = std::move(sessions.back());
    sessions.pop_back();
    if (sessions.empty())
        endpoints_.erase(found);
    return taken;
}

void tls_sessions::forget_oldest()
{
    endpoints_.erase(std::min_element(endpoints_.begin(), endpoints_.end(), [](auto const& a, auto const& b) {
        return a.second.turn < b.second.turn;
    }));
}

} // namespace webseed::net
