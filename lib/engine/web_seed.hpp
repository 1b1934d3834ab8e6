// A seed as all its requesters see it. Their strands differ, so that what they learn of it is kept in an atomic.
#pragma once

#include "http/seed_url.hpp"

#include <atomic>
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
    web_seed(http::seed_url url, seed_kind kind)
        : url_(std::move(url))
        , form_(kind == seed_kind::hoffman ? seed_form::undecided : seed_form::files)
    {}

    http::seed_url const& url() const noexcept { return url_; }

    // From any thread:

    seed_form form() const noexcept { return form_.load(std::memory_order_relaxed); }
    /// The seed has answered to this form. The first to say so decides for all.
    void decide(seed_form form) noexcept
    {
        auto expected = seed_form::undecided;
        form_.compare_exchange_strong(expected, form, std::memory_order_relaxed);
    }

private:
    http::seed_url const url_;
    std::atomic<seed_form> form_;
};

} // namespace webseed::core
