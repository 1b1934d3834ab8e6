// A seed as all its requesters see it. Their strands differ, so that what they learn of it is kept for any thread.
#pragma once

#include "engine/server_memory.hpp"
#include "engine/shared_redirects.hpp"
#include "engine/throttle.hpp"
#include "http/seed_url.hpp"
#include "plan/pipelining.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace webseed::core {

/// In which way a seed is named, and so what its URL may be.
enum class seed_kind
{
    getright, // a file's URL, or the base of several (BEP 19)
    hoffman,  // a script's URL (BEP 17); but some torrents name files' URLs so
};

/// What is asked for.
enum class seed_form
{
    undecided, // the script, and what that doesn't give the file
    script,
    files,
};

class web_seed
{
public:
    /// @param is_named_by_user  and not by a torrent or a magnet link. @param rate_max  bytes a second; 0: no limit.
    /// @param server  where the seed is.
    web_seed(
        http::seed_url url, seed_kind kind, bool is_named_by_user, std::uint64_t rate_max,
        std::shared_ptr<server_record> server = std::make_shared<server_record>())
        : url_(std::move(url))
        , is_named_by_user_(is_named_by_user)
        , limit_(make_limit(rate_max))
        , server_(std::move(server))
        , form_(kind == seed_kind::hoffman ? seed_form::undecided : seed_form::files)
    {
        if (server_->get().mishandles_pipelining)
            pipelined_.distrust();
    }

    http::seed_url const& url() const noexcept { return url_; }
    bool is_named_by_user() const noexcept { return is_named_by_user_; }
    std::shared_ptr<shared_limit> const& limit() const noexcept { return limit_; }
    server_record& server() const noexcept { return *server_; }

    // From any thread:

    seed_form form() const noexcept { return form_.load(std::memory_order_relaxed); }
    /// The seed has answered to this form. The first to say so decides for all.
    void decide(seed_form form) noexcept
    {
        auto expected = seed_form::undecided;
        form_.compare_exchange_strong(expected, form, std::memory_order_relaxed);
    }

    /// Whether it is a script that sends whole pieces, whatever part it is asked for.
    bool sends_whole_pieces() const noexcept { return sends_whole_pieces_.load(std::memory_order_relaxed); }
    void learn_whole_pieces() noexcept { sends_whole_pieces_.store(true, std::memory_order_relaxed); }

    shared_redirects& redirects() noexcept { return redirects_; }

    /// Where its next request probably goes: after redirects that isn't where the seed itself is.
    endpoint likely_host() const
    {
        std::lock_guard const lock(mutex_);
        return likely_host_.value_or(url_.where());
    }
    void expect_at(endpoint const& host)
    {
        std::lock_guard const lock(mutex_);
        if (likely_host_ != host)
            likely_host_ = host;
    }

    /// How many requests for small parts it takes at once.
    planning::pipelining pipelined() const
    {
        std::lock_guard const lock(mutex_);
        return pipelined_;
    }
    /// Changes that. @param change  is given the planning::pipelining; must not wait.
    template <typename Change>
    void learn(Change const& change)
    {
        std::lock_guard const lock(mutex_);
        change(pipelined_);
    }

private:
    http::seed_url const url_;
    bool const is_named_by_user_;
    std::shared_ptr<shared_limit> const limit_;
    std::shared_ptr<server_record> const server_;
    std::atomic<seed_form> form_;
    std::atomic<bool> sends_whole_pieces_ = false;
    shared_redirects redirects_;
    mutable std::mutex mutex_; // held for a copy
    std::optional<endpoint> likely_host_;
    planning::pipelining pipelined_;
};

} // namespace webseed::core
