// One download of a simulated run, with its mirrors, its readers, and what its embedder does.
#pragma once

#include "sim/guest.hpp"
#include "sim/hosts.hpp"
#include "sim/mirror.hpp"
#include "sim/platter.hpp"
#include "sim/scenario.hpp"
#include "sim/seams.hpp"
#include "sim/verdict.hpp"
#include "torrent/layout.hpp"

#include <webseed/engine.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace webseed::test::sim {

class participant
{
public:
    /// What it has of the run around it; the references must outlive it.
    struct surroundings
    {
        world& outside;
        seam_watch& watch;
        hosts& streets;
        std::function<void(std::string const&)> note;
        std::function<void()> called; // at the end of each completion; may throw
    };
    /// @param what  must outlive it, as must the disk. @param number  of those of a run.
    participant(
        scenario const& what, std::shared_ptr<site const> content, platter& disk, surroundings around,
        std::size_t number);
    participant(participant const&) = delete;
    participant& operator=(participant const&) = delete;

    void begin(engine& on);
    bool has_begun() const noexcept { return has_begun_; }
    /// Its step has come. Nothing of it is done any more: it had no time to begin.
    bool is_due(std::uint64_t step) const noexcept { return !has_begun_ && what_.begins_at <= step; }
    /// Everything has ended: itself, the listening, the reading.
    bool is_over() const;
    /// It has ended, or goes on though there is nothing left to fetch.
    bool is_at_rest() const;

    /// What is due at this step.
    void look(std::uint64_t step);
    /// Earlier than it is due. False: there is nobody to come.
    bool begin_guest();
    /// If it only goes on for readers, and they are done.
    bool close_at_rest();

    void act(action const& one);
    void cancel(asio::cancellation_type type);
    void close();
    void remove_mirror(std::uint64_t number);
    /// Somebody has ended it from outside.
    void was_ended() noexcept { facts_.was_ended = true; }
    /// The handle goes; whoever reads may still do so.
    void drop();
    /// With its readers.
    void destroy();
    /// A last look from outside; then all handles go.
    void look_back();
    void destroy_handles();

    facts& seen() noexcept { return facts_; }
    scenario const& what() const noexcept { return what_; }
    site const& content() const noexcept { return *site_; }
    platter const& disk() const noexcept { return disk_; }
    /// When nothing runs any more.
    facts take_facts();

private:
    void make_mirrors();
    std::unique_ptr<storage> make_storage();
    void written(byte_range range);
    void listen();
    void ask();
    void heard(error_code error, event const& happened);
    void ended(error_code error);
    void select(std::uint64_t number, bool is_wanted);
    std::vector<std::string> urls(bool is_from_torrent) const;
    void note(std::string const& happened);

    scenario const& what_;
    std::shared_ptr<site const> site_;
    platter& disk_;
    surroundings around_;
    std::size_t number_;
    dice chance_;
    torrent::layout layout_;
    facts facts_;
    std::vector<std::unique_ptr<mirror>> mirrors_;
    std::vector<std::unique_ptr<guest>> guests_;
    asio::cancellation_signal cancel_;
    engine* engine_ = nullptr;
    download download_;
    time_point began_{};
    std::size_t next_action_ = 0;
    bool has_begun_ = false;
    bool is_listening_ = false;
    bool is_gone_ = false; // the handle
    bool is_closed_at_rest_ = false;
};

} // namespace webseed::test::sim
