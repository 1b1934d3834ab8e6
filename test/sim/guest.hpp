// Somebody who reads a file of a download while it is fetched, as a scenario says, and looks at what he gets.
#pragma once

#include "sim/scenario.hpp"
#include "sim/site.hpp"

#include <webseed/download.hpp>
#include <webseed/reader.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <vector>

namespace webseed::test::sim {

class guest
{
public:
    struct surroundings
    {
        site const& content; // must outlive it
        std::function<void(std::string const&)> note;
        std::function<void()> called; // at the end of each completion; may throw
    };
    /// What became of his reads.
    struct account
    {
        file_index file{};
        std::vector<std::string> failures;
        /// With which reads ended, that weren't given up by himself, nor at the end of the file.
        std::vector<error_code> errors;
        /// Bytes of the torrent that were read, and those that may have been read ahead.
        std::vector<byte_range> touched;
        std::uint64_t reads = 0; // that were begun
    };

    guest(reader_manner const& manner, surroundings around, dice chance);
    guest(guest const&) = delete;
    guest& operator=(guest const&) = delete;

    reader_manner const& manner() const noexcept { return manner_; }
    bool has_begun() const noexcept { return has_begun_; }
    /// Nothing is under way, nor will be.
    bool is_done() const noexcept { return is_done_ || (has_begun_ && left_ == 0 && under_way_.empty()); }

    void begin(download& from);
    /// At every step of the run.
    void look();
    /// He won't begin any more if he hasn't.
    void stay_away() noexcept { is_done_ = is_done_ || !has_begun_; }
    /// He and all that he waits for are no more.
    void vanish() { reader_ = {}; }

    account const& so_far() const noexcept { return account_; }

private:
    struct one_read
    {
        std::uint64_t at = 0;
        std::string text;
        std::uint64_t patience = 0; // steps
        bool is_given_up = false;   // before it began, or while it was under way
        bool is_late = false;       // it began after the reader was closed
        int completions = 0;
        asio::cancellation_signal cancel;
    };

    void read();
    void touch(std::uint64_t at, std::uint64_t size);
    void ended(one_read& one, error_code error, std::size_t count);
    void give_up(one_read& one);
    void leave();
    void fail(std::string what);

    reader_manner const& manner_;
    surroundings around_;
    dice chance_;
    file_entry const& entry_;
    reader reader_;
    std::uint64_t left_; // reads to be begun
    std::uint64_t at_ = 0;
    std::uint64_t taken_ = 0; // bytes that were asked for so far
    std::list<one_read> under_way_;
    account account_;
    bool has_begun_ = false;
    bool has_left_ = false;
    bool is_done_ = false;
};

} // namespace webseed::test::sim
