// One requester: a coroutine that serves one seed, one request at a time, doing what the plan says until it says leave.
#pragma once

#include "engine/client.hpp"
#include "engine/download_parts.hpp"
#include "engine/lookahead.hpp"
#include "engine/piece_sink.hpp"
#include "engine/requester_link.hpp"
#include "engine/seed_request.hpp"
#include "engine/web_seed.hpp"
#include "torrent/piece_digest.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

namespace webseed::core {

class requester
{
public:
    /// @param parts  must outlive the requester.
    requester(
        download_parts const& parts, planning::requester_id id, std::shared_ptr<requester_link> link,
        std::shared_ptr<web_seed> seed);

    /// On the link's executor, spawned with the link's slot. Ends when the plan has no more work for it, or when the
    /// link is closed. Throws what the plan throws; what anything else throws fails the claim.
    boost::asio::awaitable<void> run();

private:
    boost::asio::awaitable<planning::next_action> next();
    boost::asio::awaitable<void> serve(planning::claim work);
    boost::asio::awaitable<void> judge(planning::judge work);
    boost::asio::awaitable<void> settle(progress done, result_of_claim result);
    boost::asio::awaitable<result_of_claim> copy(piece_sink& sink, planning::claim work);
    boost::asio::awaitable<result_of_claim> fetch(piece_sink& sink, bool from_start);
    boost::asio::awaitable<bool> wait_for_room();
    void leave_room();
    client_request request_for(seed_request const& wanted, piece_sink const& sink, bool from_start);
    bool may_be_other(seed_request const& wanted) const noexcept;
    boost::asio::awaitable<void> try_out(piece_sink& sink, client_request const& request, client_result& got);
    seed_form form() const noexcept;
    void learn(seed_request const& wanted, client_result const& got, piece_sink const& sink);
    void learn_pipelining(seed_request const& wanted, client_result const& got, planning::duration took);
    void learn_ranges(seed_request const& wanted, client_result const& got);
    result_of_claim judge(client_result const& got, seed_request const& wanted, piece_sink const& sink) const;
    diagnostics cause_of(client_result const& got, seed_request const& wanted, error_code error) const;
    result_of_claim storage_failure(seed_request const& wanted, piece_sink const& sink) const;

    download_parts const& parts_;
    planning::requester_id id_;
    std::shared_ptr<requester_link> link_;
    std::shared_ptr<web_seed> seed_;
    requester_buffers buffers_;
    client client_;
    host_pass pass_;
    throttle throttle_;
    lookahead ahead_;
    torrent::piece_digest digest_;
    std::optional<endpoint> refused_at_; // it had no room for what a claim needed, and is asked for room next
    bool tries_files_ = false;           // while the seed's form is undecided: it has refused as a script
    // The file of which the sink holds bytes without a verdict, and what it was when they came.
    std::optional<file_index> held_of_;
    std::string validator_;
    // What the responses of the claim said of ranges, and how.
    std::optional<bool> has_ranges_;
    diagnostics ranges_cause_;
};

/// Runs a requester to its end; owns it meanwhile.
boost::asio::awaitable<void> run_requester(std::unique_ptr<requester> owned);

} // namespace webseed::core
