// What stands between the engine and the simulated world: every call that crosses a seam is counted and noted, and one
// of them can be made to throw.
#pragma once

#include "support/simulated_context.hpp"

#include <webseed/clock.hpp>
#include <webseed/network.hpp>
#include <webseed/storage.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace webseed::test::sim {

/// What the seams share. Must outlive them.
class seam_watch
{
public:
    /// @param note  told of the calls that change something.
    explicit seam_watch(std::function<void(std::string)> note)
        : note_(std::move(note))
    {}

    /// The call with this number throws; 0: none.
    std::uint64_t throw_at = 0;
    std::function<void()> on_throw = [] {};

    std::uint64_t calls() const noexcept { return calls_; }
    void enter();
    void note(std::string happened) const { note_(std::move(happened)); }

    /// Storages that haven't been destroyed, and of those the ones between open() and close().
    int storages = 0;
    int open_storages = 0;

private:
    std::function<void(std::string)> note_;
    std::uint64_t calls_ = 0;
};

std::shared_ptr<network> watched(std::shared_ptr<network> inner, seam_watch& watch);
std::shared_ptr<webseed::clock> watched(std::shared_ptr<webseed::clock> inner, seam_watch& watch);

struct storage_manner
{
    /// How long the next operation shall take.
    std::function<duration()> pause = [] { return duration{}; };
    /// Whether what was just read shall come with a wrong byte.
    std::function<bool()> spoils_read = [] { return false; };
    /// Told of what is to be written.
    std::function<void(byte_range)> written = [](byte_range) {};
    /// Told of files that weren't wanted and are to be kept from now on.
    std::function<void(file_index)> included = [](file_index) {};
    /// Told of what an earlier run has left.
    std::function<void(known_content const&)> recalled = [](known_content const&) {};
};
std::unique_ptr<storage>
watched(std::unique_ptr<storage> inner, seam_watch& watch, simulated_context& context, storage_manner how);

} // namespace webseed::test::sim
