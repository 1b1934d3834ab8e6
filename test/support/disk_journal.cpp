#include "support/disk_journal.hpp"

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
        image.make(made.directory, made.name, made.type, made.target, survives);
    }

    void operator()(node_removed const& removed)
    {
        if (luck.name_survives())
            image.remove(removed.directory, removed.name);
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
    }

    void operator()(file_resized const& resized)
    {
        if (!luck.is_pointless(image.at(resized.file)) && luck.size_survives())
            image.resize(resized.file, resized.size);
    }
};

struct no_loss
{
    bool name_survives() { return true; }
    bool sector_survives() { return true; }
    bool size_survives() { return true; }
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
    {}

    bool name_survives() { return random.happens(names, steps); }
    bool sector_survives() { return random.happens(sectors, steps); }
    bool size_survives() { return random.happens(sizes, steps); }
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
};

} // namespace

void perform(disk_image& image, disk_operation const& operation)
{
    no_loss luck;
    std::visit(applying<no_loss>{image, luck}, operation);
}

disk_image after_power_loss(disk_image before, std::span<disk_operation const> journal, dice& random)
{
    some_loss luck(random);
    for (auto const& operation : journal)
        std::visit(applying<some_loss>{before, luck}, operation);
    before.tidy();
    return before;
}

} // namespace webseed::test
