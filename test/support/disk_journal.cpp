#include "support/disk_journal.hpp"

#include <map>

namespace webseed::test {
namespace {

/// Applies operations; which parts of them reach the disk is decided by `Luck`.
template <class Luck>
struct applying
{
    disk_image& image;
    Luck& luck;

    void operator()(node_made const& made)
    {
        bool const survives = image.at(made.directory).is_linked && luck.name_survives();
        image.touch(image.make(made.directory, made.name, made.type, made.target, survives), made.time);
    }

    void operator()(node_removed const& removed)
    {
        if (luck.name_survives())
            image.remove(removed.directory, removed.name);
    }

    void operator()(node_renamed const& renamed)
    {
        if (image.at(renamed.directory).is_linked && luck.name_survives())
            image.rename(renamed.directory, renamed.node, renamed.from, renamed.to);
    }

    void operator()(file_written const& written)
    {
        if (luck.is_pointless(image.at(written.file)))
            return;
        auto number = written.offset / sector_size;
        for (auto const& content : written.sectors)
        {
            if (luck.sector_survives())
                image.write(written.file, number, content);
            ++number;
        }
        image.grow(written.file, luck.surviving_end(written.offset, written.end));
        if (luck.time_survives())
            image.touch(written.file, written.time);
    }

    void operator()(file_resized const& resized)
    {
        if (luck.is_pointless(image.at(resized.file)))
            return;
        if (luck.size_survives())
            image.resize(resized.file, resized.size);
        if (luck.time_survives())
            image.touch(resized.file, resized.time);
    }

    void operator()(times_set const& set)
    {
        if (luck.time_survives())
            image.set_times(set.file, set.modified_at, set.changed_at);
    }

    void operator()(node_synced const&) {}
    void operator()(all_synced const&) {}
};

struct no_loss
{
    bool name_survives() { return true; }
    bool sector_survives() { return true; }
    bool size_survives() { return true; }
    bool time_survives() { return true; }
    std::uint64_t surviving_end(std::uint64_t, std::uint64_t end) { return end; }
    /// What nothing leads to may be open still.
    bool is_pointless(node const&) { return false; }
};

/// Some disks lose much and some little, else the one that lost just a little of much would never be seen.
struct some_loss
{
    static constexpr std::uint64_t steps = 8;

    explicit some_loss(dice& numbers)
        : random(numbers)
        , names(random.below(steps + 1))
        , sizes(random.below(steps + 1))
        , sectors(random.below(steps + 1))
        , times(random.below(steps + 1))
    {}

    bool name_survives() { return random.happens(names, steps); }
    bool sector_survives() { return random.happens(sectors, steps); }
    bool size_survives() { return random.happens(sizes, steps); }
    bool time_survives() { return random.happens(times, steps); }
    bool is_pointless(node const& file) { return !file.is_linked; }

    /// Up to where a file was lengthened: not at all (0), to the end, or to a sector that lies on the way.
    std::uint64_t surviving_end(std::uint64_t offset, std::uint64_t end)
    {
        if (!size_survives())
            return 0;
        auto const first = offset / sector_size;
        auto const on_the_way = (end - 1) / sector_size - first;
        if (on_the_way == 0 || random.happens(3, 4))
            return end;
        return (first + 1 + random.below(on_the_way)) * sector_size;
    }

    dice& random;
    // How likely each is to survive, in `steps`.
    std::uint64_t names;
    std::uint64_t sizes;
    std::uint64_t sectors;
    std::uint64_t times;
};

/// The file or directory that must be synced for the operation to be safe.
struct home_of
{
    node_index operator()(node_made const& made) const { return made.directory; }
    node_index operator()(node_removed const& removed) const { return removed.directory; }
    node_index operator()(node_renamed const& renamed) const { return renamed.directory; }
    node_index operator()(file_written const& written) const { return written.file; }
    node_index operator()(file_resized const& resized) const { return resized.file; }
    node_index operator()(times_set const& set) const { return set.file; }
    node_index operator()(node_synced const& synced) const { return synced.node; }
    node_index operator()(all_synced const&) const { return disk_image::root; }
};

/// For each operation whether it was synced.
std::vector<bool> safe_ones(std::span<disk_operation const> journal)
{
    std::vector<bool> safe(journal.size());
    bool is_all_synced_later = false;
    std::map<node_index, bool> synced_later; // where it is different
    for (auto i = journal.size(); i-- != 0;)
    {
        auto const home = std::visit(home_of(), journal[i]);
        if (auto const* const all = std::get_if<all_synced>(&journal[i]))
        {
            is_all_synced_later = !all->has_failed;
            synced_later.clear();
        }
        else if (auto const* const sync = std::get_if<node_synced>(&journal[i]))
            synced_later[home] = !sync->has_failed;
        else if (auto const found = synced_later.find(home); found != synced_later.end())
            safe[i] = found->second;
        else
            safe[i] = is_all_synced_later;
    }
    return safe;
}

} // namespace

void perform(disk_image& image, disk_operation const& operation)
{
    no_loss luck;
    std::visit(applying<no_loss>{image, luck}, operation);
}

disk_image after_power_loss(disk_image before, std::span<disk_operation const> journal, dice& random)
{
    some_loss luck(random);
    auto const safe = safe_ones(journal);
    for (std::size_t i = 0; i != journal.size(); ++i)
    {
        if (safe[i])
            perform(before, journal[i]);
        else
            std::visit(applying<some_loss>{before, luck}, journal[i]);
    }
    before.tidy();
    return before;
}

} // namespace webseed::test
