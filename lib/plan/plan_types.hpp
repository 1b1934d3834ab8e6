// What the plan and its requesters tell each other.
#pragma once

#include "plan/parts.hpp"
#include "plan/seed_health.hpp"

#include <webseed/types.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <variant>
#include <vector>

namespace webseed::planning {

enum class seed_id : std::uint32_t
{
};
enum class requester_id : std::uint32_t
{
};
enum class claim_id : std::uint64_t
{
};

struct plan_options
{
    health_options health;
    /// A claim is as much as a requester of the seed is expected to fetch in this time.
    duration claim_time = std::chrono::seconds(4);
    /// Bytes of a claim while the seed's rate is not known.
    std::uint64_t claim_size_first = 4u << 20;
    /// Bytes of the parts into which pieces are cut; 0: they aren't. Without effect if the storage doesn't keep all.
    std::uint64_t part_size_max = 0;
    /// No claim is larger, unless one piece is.
    std::uint64_t claim_size_max = 64u << 20;
    /// No claim is cut smaller than this in order to give everybody a share.
    std::uint64_t claim_size_min = 256u << 10;
    /// A claim that brings nothing for this long, or three times as long as is usual with its seed, is overdue once
    /// somebody else is idle.
    duration silence_max = std::chrono::seconds(1);
    /// Sooner, but not before this, if nothing comes of any claim of a seed of which something always came, and whoever
    /// is idle needs no longer than this for a part.
    duration silence_min = std::chrono::milliseconds(250);
    /// Of the wanted bytes: so much may be fetched in vain because what was overdue is taken away in mid-piece. What
    /// goes beyond that is taken away after a longer silence alone.
    double discard_max = 0.02;
    /// All being verified isn't the end: more may be wanted, until it is closed.
    bool stays = false;
    /// Bytes that the storage keeps; 0: all. So much is verified or claimed at the most, but for what is urgent: what
    /// nobody has read for the longest time is forgotten for what is claimed.
    std::uint64_t kept_size_max = 0;
    /// Whether something else than its seed keeps bytes from a requester at that time; null: never.
    std::function<bool(requester_id, time_point)> is_held_up{};
};

/// What is known of a seed from earlier. It is found out what of it is wrong.
struct seed_hints
{
    /// Bytes a second of one requester; 0: not known.
    double rate = 0;
    /// Nothing came of it when it was last asked.
    bool was_dead = false;
};

/// Pieces that somebody reads, or soon will.
struct urgent_run
{
    piece_run pieces;
    /// Somebody waits for them: long claims are cut for their sake.
    bool is_awaited = false;

    friend bool operator==(urgent_run const&, urgent_run const&) = default;
};

/// Consecutive parts that one requester has for its own.
struct claim
{
    claim_id id{};
    part_run parts;
    /// Their bytes, of the torrent.
    byte_range range;
    /// The first of as many verified pieces with the same content: they are to be copied, nobody is to be asked.
    std::optional<std::uint32_t> copy_of;
    /// Nothing has come of the seed yet: while it says nothing, others may get the same. What comes is to be secured
    /// before anything is made of it.
    bool is_tentative = false;
    /// The seed sends whole files, whatever is asked for: what lies in front of the parts comes, too, and however much
    /// that is, it is to be read and dropped.
    bool from_start = false;
};

/// Fetch these parts in ascending order, report() as they are stored, and those of whole pieces as they are verified,
/// then settle().
struct fetch
{
    claim work;
};
/// Read this piece, all of which has arrived, and tell judged() what it is.
struct judge
{
    std::uint32_t piece = 0;
    std::vector<byte_range> parts; // of which the digests are wanted
};
/// Nothing to do: call next() again when woken, or at `until`.
struct wait
{
    time_point until; // time_point::max(): only when woken
};
/// Nothing will ever be to do.
struct leave
{
};
using next_action = std::variant<fetch, wait, leave, judge>;

/// How the work on a claim ended.
enum class outcome_kind
{
    delivered,       // all of the claim was reported
    stopped,         // cancelled from within, or told to stop by report()
    failed,          // the seed didn't answer, or answered wrongly
    busy,            // the seed asked for patience
    file_missing,    // the seed hasn't got `file`, or doesn't give it
    content_changed, // `file` became another one while it was fetched
    ranges_ignored,  // the seed would send all of `file`, from its start, and the pieces lie far behind that
    storage_failed,  // not the seed's fault
    copy_failed,     // what was verified can't be read any more: fetch it
};

struct outcome
{
    outcome_kind kind = outcome_kind::delivered;
    file_index file{};                   // file_missing, content_changed, ranges_ignored, and if it is for the file
    bool is_for_file = false;            // failed: the seed answered, and may do better with another file
    std::optional<duration> retry_after; // busy
    duration took{};                     // from the request to the end
    duration waited{};                   // of that, for the first bytes
    std::uint64_t bytes = 0;             // of bodies, right or wrong, since the claim was made
    std::optional<bool> has_ranges{};    // whether what came of a part of a file was that part alone
    bool sends_whole_pieces = false;     // the seed does, whatever part of one it is asked for
    bool is_doubtful = false;            // what came of the piece under way isn't to be kept
};

/// What settle() made of it.
struct settlement
{
    bool counted = false;               // false: the plan or the seed was closed before, nothing is to be told
    bool is_news = false;               // the file wasn't known to be missing
    bool lost_ranges = false;           // from now on the seed counts as one that sends whole files
    bool gave_up = false;               // the seed won't be asked any more
    std::optional<time_point> retry_at; // the seed is left alone until then
};

/// What comes of the work on a claim.
struct arrival
{
    std::uint64_t bytes = 0;     // since it was last told
    std::uint64_t into_part = 0; // of the first part that isn't reported
};

/// What a seed does at a moment, or why it does nothing.
enum class standing_kind
{
    working,        // on a claim, or on its way to get one
    idle,           // nothing is free for it
    lacks_the_rest, // it isn't asked for any of what is free
    too_slow,       // what is free is left to others
    host_is_full,   // its requesters declined
    asked_to_wait,  // it pauses as the server wished
    backing_off,    // it pauses after a failure
    silent,         // it rests after nothing had come
    given_up,
    closed,
};

struct seed_standing
{
    standing_kind kind{};
    time_point until = time_point::max(); // where that is known
    std::uint32_t claims = 0;             // that it works on
};

/// What report() wants next.
struct directive
{
    bool go_on = true;    // false: stop, then settle()
    bool counted = false; // false: the plan or the seed was closed before, nothing is to be told
    piece_run verified{}; // by this report, but for those that are to be fetched again for other reasons
};

/// What a piece in the storage turned out to be.
enum class finding
{
    right,
    wrong,
    unknown, // somebody else is to look
};

/// What judged() made of it.
struct verdict
{
    bool counted = false; // false: nothing is to be told
    bool is_verified = false;
    struct share
    {
        seed_id seed{};
        std::uint64_t size = 0; // bytes
    };
    std::vector<share> from;       // of which seeds the piece is; none if it is wrong, and perhaps by an earlier run
    std::vector<seed_id> blamed;   // those that sent something wrong of it,
    std::vector<seed_id> given_up; // and won't be asked any more for that
};

} // namespace webseed::planning
