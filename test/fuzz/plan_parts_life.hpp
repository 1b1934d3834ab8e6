// A plan whose pieces come in parts, and beside it a model that knows what lies in the storage, and who lies.
#pragma once

#include "fuzz/input.hpp"
#include "plan/plan.hpp"

#include <set>
#include <vector>

namespace webseed::test::parted {

using namespace webseed::planning;

// What a part in the storage is: right, lost, or what a liar sends in its stead.
inline constexpr unsigned right = 0;
inline constexpr unsigned lost = 1;
inline constexpr unsigned common_lie = 2;
inline constexpr unsigned first_lie = 3;

struct known_seed
{
    std::set<std::uint32_t> wrong_parts; // that it sends wrong, always
    bool is_fickle = false;              // it may send any part wrong, or right
    bool has_common_lie = false;         // wrong as others have it
    bool is_closed = false;
    std::set<std::uint32_t> lied_about; // pieces of which it has sent something wrong
};

struct known_requester
{
    enum class mode
    {
        coming,
        idle,
        declined,
        working,
        judging,
        left,
    };

    seed_id seed{};
    mode now = mode::coming;
    time_point until{};
    part_run all{}; // working: its claim
    std::uint32_t next = 0;
    claim_id claim{};
    bool is_tentative = false;
    part_run lent{}; // what it was for
    bool is_stopped = false;
    bool is_asked = false;
    judge found{}; // judging
};
using mode = known_requester::mode;

class life
{
public:
    explicit life(input& drawn);

    /// One thing happens.
    void step();
    /// From now on nothing goes wrong but that liars lie, until all have left.
    void finish();

private:
    known_seed& of(seed_id seed) { return seeds_[static_cast<std::size_t>(seed)]; }
    std::size_t index_of(seed_id seed) const { return static_cast<std::size_t>(seed); }
    requester_id id_of(known_requester const& one) const
    {
        return static_cast<requester_id>(&one - requesters_.data());
    }
    void add_seed(bool is_honest);
    void next(known_requester& one);
    void fetch(known_requester& one, claim const& work);
    unsigned sent_by(seed_id seed, std::uint32_t part);
    bool secure(known_requester& one);
    bool bring(known_requester& one);
    void share(known_requester& one);
    void settle(known_requester& one, outcome const& how);
    void settle_somehow(known_requester& one);
    void lose_begun(known_requester const& one);
    void judge_now(known_requester& one, bool is_unknown);
    void want_something();
    piece_run some_pieces();
    void forget(std::uint32_t piece);
    void close_seed(seed_id seed);
    void close();
    void work(known_requester& one);
    bool turn();
    void check();
    void check_messages();
    void check_pieces();
    void check_wanted() const;
    bool is_right(std::uint32_t piece) const;
    known_requester* any(mode wanted);

    static constexpr std::size_t seed_count_max = 5;

    input& drawn_;
    torrent::layout layout_;
    plan_options options_;
    plan board_;
    planning::parts const& parts_;
    std::vector<unsigned> stored_;
    std::vector<bool> is_there_; // was stored since it was free
    std::vector<known_seed> seeds_;
    std::vector<known_requester> requesters_;
    std::set<std::uint32_t> in_judgement_; // pieces
    time_point now_ = time_point(std::chrono::hours(1));
    bool is_closed_ = false;
};

} // namespace webseed::test::parted
