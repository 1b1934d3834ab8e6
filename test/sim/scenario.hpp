// What happens in a simulated run, as plain data: the torrent, the mirrors and their manners, the disk, and what the
// embedder does meanwhile. Either written by hand, under a name, or drawn from a seed.
#pragma once

#include "support/dice.hpp"
#include "support/simulated_context.hpp"
#include "support/torrents.hpp"

#include <webseed/known_server.hpp>
#include <webseed/make.hpp>
#include <webseed/options.hpp>
#include <webseed/reader.hpp>

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace webseed::test::sim {

/// How a mirror answers a request. The first group is right; what comes after `reset_at_once` may cost a claim.
enum class answer : std::uint8_t
{
    right,
    right_chunked,
    right_after_interim, // 103 before the answer
    right_then_close,    // announced
    right_then_vanish,   // not announced: the next request finds the connection dead
    reset_at_once,
    close_at_once,
    silence,
    reset_within, // the body
    short_body,   // and an orderly end
    silence_within,
    drip, // a byte now and then, below the least goodput
    cut_chunks,
    less_than_asked, // a right 206 of fewer bytes
    whole_file,      // 200
    longer_than_said,
    wrong_range,
    wrong_total,
    other_length, // Content-Length contradicts Content-Range
    bad_chunks,
    other_version, // another ETag than before, and a 200 where the old version was asked for
    unasked,       // right, and then bytes that nobody asked for
    corrupt,       // a few bytes
    stale,         // zeros instead of the content
    not_found,
    forbidden,
    no_such_range,
    broken,           // 500
    busy,             // 503
    busy_retry_after, // 429
    redirect_dead,    // where nobody is
    redirect_loop,
    redirect_chain,   // longer than allowed
    redirect_nowhere, // no Location, or none that could be followed
    redirect_away,    // to another scheme
    redirect_inside,  // to addresses that are nobody's but ours
    no_content,
    encoded, // Content-Encoding: gzip
    endless_head,
    endless_interim,
    garbage,
    count_,
};
std::string_view name_of(answer how) noexcept;

/// How an attempt to connect ends.
enum class connecting : std::uint8_t
{
    right,
    refused,
    unreachable,
    swallowed, // never answered
    no_name,   // not resolved
    no_trust,  // TLS fails
    stranger,  // the name leads to somebody else
    count_,
};
std::string_view name_of(connecting how) noexcept;

/// What a mirror is, and how the torrent names it.
enum class speech : std::uint8_t
{
    files,    // serves files, and is named so
    script,   // a script (BEP 17), named under httpseeds
    misnamed, // serves files, and is named under httpseeds
};

/// What a mirror does with a request that comes before the response to the one before has been sent.
enum class when_ahead : std::uint8_t
{
    answers,
    ends,     // the connection
    ignores,  // it, and what follows
    mixes_up, // answers with another file
    spoils,   // answers with wrong bytes
    count_,
};

struct mirror_manner
{
    std::string host;
    /// Below which directory of the host it is; empty: at the top. Mirrors of several downloads may share a host.
    std::string directory;
    speech speaks = speech::files;
    duration latency = std::chrono::milliseconds(20);
    std::uint64_t rate = 1u << 20; // bytes a second
    unsigned wrong_percent = 0;    // of answers, drawn from `wrong`
    std::vector<answer> wrong;
    unsigned variation_percent = 0; // of right answers, drawn from the right ones
    unsigned connect_fault_percent = 0;
    when_ahead ahead = when_ahead::answers;
    bool reads_are_cut = false; // bytes arrive in small and odd portions
    bool has_tags = false;      // answers have an ETag
    bool sends_whole = false;   // a script that knows no ranges
    bool is_secure = false;     // https
    /// Of requests to its host: they are sent elsewhere, to its second host or another path, where they are answered.
    unsigned redirect_percent = 0;
    /// With more requests under way at one of its hosts, it refuses them; 0: never.
    unsigned request_limit = 0;
    /// Has a user's name and password in its URL.
    bool has_login = false;
    /// Named by download_options::more_torrent_seeds, not by the user.
    bool is_from_torrent = false;
    /// Its name leads now to a public address, now to a private one.
    bool flips_inside = false;

    bool is_honest() const noexcept { return wrong_percent == 0 && connect_fault_percent == 0 && !flips_inside; }
    std::string url() const;
    /// Where redirects lead to.
    std::string second_host() const { return "cdn-" + host; }
    /// Secrets begin with this: no text may have it.
    static constexpr char const* secret = "hush";
    std::string password() const { return std::string(secret) + '-' + host; }
};

struct disk_manner
{
    duration operation_time{}; // at the most
    /// From this call of the file system on, or at it alone, calls fail with `error`; 0: never.
    std::uint64_t fail_at = 0;
    int error = 0;
    bool fails_for_ever = false;
    unsigned short_percent = 0;      // of reads and writes are done by half; twice as many are interrupted
    unsigned wrong_read_percent = 0; // of reads bring a wrong byte
    std::uint64_t room = 0;          // bytes; 0: without end
    /// How often a resume file is written; 0: there is none.
    duration remember_every{};
    /// What is there from the start, a piece each: right, wrong or nothing.
    std::string stored;
};

/// What the embedder does at a step.
struct action
{
    enum class kind : std::uint8_t
    {
        add_mirror,
        add_nonsense, // a URL of no use
        remove_mirror,
        look,  // at figures and diagnosis
        sleep, // the process is stopped for a while
        cancel,
        close,
        select, // a file
        give_up,
    };
    std::uint64_t at = 0;
    kind what = kind::look;
    std::uint64_t which = 0; // of the mirrors, or of the files that have a name, or seconds

    friend auto operator<=>(action const&, action const&) = default; // by step first
};

/// Somebody who reads a file while it is fetched.
struct reader_manner
{
    std::uint64_t begins_at = 0; // step; earlier if nothing else is to be done
    std::uint64_t file = 0;      // of those that have a name, modulo their number
    std::uint64_t from = 0;      // of the first byte, modulo the file's size
    unsigned reads = 1;
    unsigned together = 1; // reads under way at once
    std::uint64_t size_max = 1;
    unsigned jump_percent = 0;      // of reads begin somewhere else than where the last one ended
    unsigned impatient_percent = 0; // of reads are cancelled after some steps
    bool leaves = false;            // closes the reader while the last one is under way
    reader_options options;
};

/// What is shared by all downloads of a run.
struct engine_manner
{
    std::uint64_t rate_max = 0;
    unsigned host_requests_max = 0;
    unsigned requests_max = 0;
    std::uint64_t buffered_size_max = 64u << 20;
};

struct scenario
{
    std::string name;
    std::uint64_t seed = 1;
    torrent_format format = torrent_format::v1;
    /// Padding stands in v1's alone: hybrids have theirs.
    std::vector<test_file> files;
    std::uint64_t piece_length = 64; // for v2 and hybrids 16 KiB or more
    bool has_twins = false;          // files of one size have the same content
    std::vector<std::string> wanted; // the last names of files; empty: all
    std::vector<mirror_manner> mirrors;
    download_options options;
    std::vector<known_server> known_servers; // right or wrong
    disk_manner disk;
    /// Instead of files on the disk: memory of so many bytes; 0: files.
    std::uint64_t kept_size_max = 0;
    std::vector<action> actions;
    std::vector<reader_manner> readers;
    bool has_listener = true;

    engine_manner engine;
    /// Further downloads of the same engine. Of theirs, what is the engine's doesn't count.
    std::vector<scenario> others;
    /// Of another one: the step at which it begins; earlier if nothing else is to be done.
    std::uint64_t begins_at = 0;

    /// Whether it goes on when all is verified, until readers have read what they wanted.
    bool stays() const noexcept { return options.stays || kept_size_max != 0; }
    /// For people, some lines.
    std::string description() const;
};

/// All answers that aren't right.
std::vector<answer> all_wrong();

/// Any scenario at all.
scenario drawn_from(std::uint64_t seed);
/// The same, in which nothing goes wrong.
scenario faultless_from(std::uint64_t seed);

/// What is known of the mirrors from earlier: nothing, the truth, or any nonsense, of each in another way.
std::vector<known_server> hints_from(dice chance, std::vector<mirror_manner> const& mirrors);
/// For people, a line.
std::string description_of(std::vector<known_server> const& known);

/// Of each wrong answer, in turn, a mirror that gives no other; and an honest one.
scenario each_wrong_from(std::uint64_t seed);

/// Small ones for sweeps, each of another kind. @param seed  of the schedule.
std::vector<scenario> named_scenarios(std::uint64_t seed);

} // namespace webseed::test::sim
