// What lies on a simulated disk: files in sectors, directories, symbolic links, pipes. Knows neither descriptors nor
// limits nor what was synced.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace webseed::test {

constexpr std::uint64_t sector_size = 512;
using sector = std::array<std::byte, sector_size>;
using node_index = std::uint32_t;

enum class node_type : std::uint8_t
{
    file,
    directory,
    symbolic_link,
    pipe,
};

struct node
{
    node_type type = node_type::file;
    /// False once nothing leads to it any more; who has it open may still use it.
    bool is_linked = false;
    /// Of a directory: the one that it lies in.
    node_index parent = 0;
    /// Of a directory.
    std::map<std::string, node_index, std::less<>> entries;
    /// Of a symbolic link.
    std::string target;
    /// Of a file.
    std::uint64_t size = 0;
    /// Of a file: those that hold anything; all others are zeros. Behind `size` there are only zeros.
    std::map<std::uint64_t, sector> sectors;
    /// When the content changed, and when anything did, in ticks of the disk's clock.
    std::uint64_t modified_at = 0;
    std::uint64_t changed_at = 0;
};

/// What to do with a symbolic link in the last place of a path. On the way all are followed.
enum class last_link
{
    followed,
    /// But followed with a slash behind it.
    kept,
    kept_with_slash,
};

/// What a path leads to.
struct place
{
    /// 0, or a value of `errno`.
    int error = 0;
    /// Holds the last name, or would.
    node_index directory = 0;
    std::string name;
    /// None if nothing has that name.
    std::optional<node_index> target;
    /// A slash behind the last name.
    bool has_slash = false;
};

class disk_image
{
public:
    static constexpr node_index root = 0;

    disk_image();

    node const& at(node_index index) const { return nodes_[index]; }
    std::uint64_t sector_count() const noexcept { return sector_count_; }

    /// As Linux looks a path up. @param start  where relative paths begin; a directory.
    place find(node_index start, std::string_view path, last_link last) const;

    /// The sector's content; zeros where there is none.
    sector read(node_index file, std::uint64_t number) const;
    /// Up to the end of the file. @return the count of bytes.
    std::size_t read(node_index file, std::uint64_t offset, std::span<std::byte> buffer) const;
    /// Paths with the types and sizes of what they lead to, sorted, one a line.
    std::string tree() const;

    /// Makes a node; nothing leads to it unless `is_linked`. Takes the place of what has the same name.
    node_index make(node_index directory, std::string const& name, node_type type, std::string target, bool is_linked);
    void remove(node_index directory, std::string const& name);
    /// Takes the place of what has the new name.
    void rename(node_index directory, node_index what, std::string const& from, std::string const& to);
    /// Content that changed at this time.
    void touch(node_index file, std::uint64_t time);
    void set_times(node_index file, std::uint64_t modified_at, std::uint64_t changed_at);
    /// Leaves the size alone.
    void write(node_index file, std::uint64_t number, sector const& content);
    /// Leaves the sectors alone.
    void grow(node_index file, std::uint64_t size);
    /// Gives it this size, and zeros behind it.
    void resize(node_index file, std::uint64_t size);
    /// Forgets what nothing leads to.
    void drop_content(node_index unlinked);
    /// Forgets all of that, and what lies in sectors behind the end of a file.
    void tidy();

private:
    std::vector<node> nodes_;
    std::uint64_t sector_count_ = 0;
};

} // namespace webseed::test
