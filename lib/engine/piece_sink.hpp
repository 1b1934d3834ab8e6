// The data path: takes the bytes of one claim in order, stores them, digests them, and tells the plan which pieces
// are right. Bytes come from the buffer into which they were read, are written from it and hashed from it while they
// are warm, and are never copied.
#pragma once

#include "engine/download_parts.hpp"
#include "engine/requester_link.hpp"
#include "http/body_sink.hpp"
#include "http/connection.hpp"
#include "plan/plan.hpp"
#include "torrent/piece_digest.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>

namespace webseed::core {

class piece_sink final : public http::body_sink
{
public:
    /// @param pass    is told of what comes.
    /// @param digest  it and the references must outlive the sink.
    piece_sink(
        download_parts const& parts, requester_link& link, host_pass& pass, planning::requester_id requester,
        planning::claim const& work, torrent::piece_digest& digest);

    /// The next bytes of the claim. Errors: those of the storage; operation_aborted when the claim is to be dropped, or
    /// when all of it is there and much more would follow, since the rest was given to others.
    boost::asio::awaitable<error_code> accept(std::span<std::byte const> bytes) override;
    void skipped(std::size_t size) override;
    bool is_due() const noexcept override
    {
        return position_ - breathed_position_ + skipped_since_breath_ >= breathe_size;
    }
    boost::asio::awaitable<error_code> breathe() override;
    /// The same for bytes that nobody sent: they don't count as received.
    boost::asio::awaitable<error_code> keep(std::span<std::byte const> bytes);
    /// As many zero bytes of a pad file, which nobody sends and nobody stores.
    boost::asio::awaitable<error_code> accept_pad(std::uint64_t size);

    /// So many bytes of a response come next.
    /// @param kept_end         as far as this it is asked for already, and isn't given to others.
    /// @param is_among_others  other requests are under way with it: what is judged here and wrong is doubted first.
    void expect(std::uint64_t size, std::uint64_t kept_end, bool is_among_others) noexcept;
    /// What comes next may turn out to be something else altogether: none of it is told as stored before end_trial(),
    /// or before it has turned out to be right.
    void begin_trial() noexcept { trial_begin_ = trial_begin_.value_or(position_); }
    void end_trial() noexcept { trial_begin_.reset(); }
    /// Whether a piece is wrong of which something was asked for among others, and which therefore isn't told.
    bool is_in_doubt() const noexcept { return is_in_doubt_; }
    /// Whether something of the piece under way was, or of that one.
    bool is_doubtful() const noexcept { return is_in_doubt_ || (is_doubtful_ && is_within_piece()); }
    /// Where in the torrent the next byte belongs.
    std::uint64_t position() const noexcept { return position_; }
    /// Whether bytes before that are still without a verdict, or will be when the claim ends.
    bool is_within_piece() const noexcept { return position_ != begun_; }
    /// Where the claim ends.
    std::uint64_t end() const noexcept { return end_; }
    /// How far there are pieces of which the claim has all: what a server may mix up is judged here, where that shows,
    /// until it has proved itself.
    std::uint64_t judged_end() const noexcept;
    /// What of the claim is left.
    std::uint64_t left() const noexcept { return end_ - position_; }
    /// Whether the claim ends within the response, since the rest was given to others, and all of it is there.
    bool is_past_end() const noexcept { return position_ == end_ && response_end_ > end_; }
    /// What the storage said, if it failed.
    error_code storage_error() const noexcept { return storage_error_; }
    /// All that hasn't been told to the plan yet. It then counts as told.
    progress take_progress() noexcept;
    /// Bytes given to accept() and skipped(), whatever became of them.
    std::uint64_t received() const noexcept { return received_; }
    /// How long the first bytes of the first response took that was asked for by itself.
    planning::duration waited() const noexcept { return waited_.value_or(planning::duration{}); }
    /// That of the last expect(), which has ended.
    void count_response(http::range_result const& response) noexcept;

private:
    boost::asio::awaitable<error_code> accept_with_care(std::span<std::byte const> bytes);
    boost::asio::awaitable<error_code> end_piece();
    boost::asio::awaitable<error_code> tell_bad();
    boost::asio::awaitable<bool> secure();
    boost::asio::awaitable<void> share();
    void begin_piece();
    bool judges() const noexcept { return is_from_start_ && piece_end_ <= end_; }
    error_code after_end() const noexcept;
    void tell();
    auto report_of_news();

    // After so many bytes a requester whose socket always has more lets others on its worker run.
    static constexpr std::uint64_t breathe_size = 256 * 1024;

    download_parts const& parts_;
    requester_link& link_;
    host_pass& pass_;
    planning::requester_id requester_;
    torrent::piece_digest& digest_;
    std::uint64_t position_;
    std::uint64_t end_;
    bool is_tentative_; // nothing has been made of it yet
    std::uint64_t response_end_ = 0;
    std::uint64_t kept_end_ = 0;
    bool is_among_others_ = false;
    bool is_doubtful_ = false; // the piece under way
    bool is_in_doubt_ = false;
    std::optional<std::uint64_t> trial_begin_;
    std::uint32_t piece_;
    std::uint64_t piece_end_ = 0;
    std::uint64_t begun_ = 0;     // where the piece, or what of it is claimed, begins
    std::uint64_t bad_begin_ = 0; // of the last piece that was wrong
    bool is_from_start_ = false;  // all of the piece so far has been seen here
    progress untold_;
    std::uint64_t received_ = 0;
    std::uint64_t received_before_ = 0; // the response that is expected
    std::optional<planning::duration> waited_;
    std::uint64_t breathed_position_;
    std::uint64_t skipped_since_breath_ = 0;
    std::uint64_t skipped_since_told_ = 0;
    std::uint64_t told_position_;
    time_point told_at_;
    time_point begun_at_;
    error_code storage_error_;
};

} // namespace webseed::core
