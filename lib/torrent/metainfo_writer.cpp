#include "metainfo_writer.hpp"

#include "bencode_writer.hpp"
#include "merkle.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace webseed::torrent {
namespace {

constexpr std::uint64_t piece_count_wanted = 2048;
constexpr std::uint64_t piece_length_max = 16u << 20;

/// The first element of a path, which is taken off it.
std::string_view take_element(std::string_view& path) noexcept
{
    auto const size = path.find('/');
    auto const element = path.substr(0, size);
    path.remove_prefix(size == path.npos ? path.size() : size + 1);
    return element;
}

/// How many bytes are missing up to the next piece.
std::uint64_t gap_behind(std::uint64_t size, std::uint64_t piece_length) noexcept
{
    return size % piece_length == 0 ? 0 : piece_length - size % piece_length;
}

std::span<sha256_hash const> nodes_of(content const& files, content_hashes const& hashes, content_file const& file)
{
    auto const first = file.offset / files.piece_length;
    auto const count = (file.size + files.piece_length - 1) / files.piece_length;
    return std::span(hashes.nodes).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
}

/// @param file  not empty.
sha256_hash root_of(content const& files, content_hashes const& hashes, content_file const& file)
{
    auto const nodes = nodes_of(files, hashes, file);
    return nodes.size() == 1 ? nodes.front() : root_of_layer(nodes, height_of(files.piece_length));
}

class metainfo_writer
{
public:
    metainfo_writer(content const& files, content_hashes const& hashes)
        : files_(files)
        , hashes_(hashes)
    {
        if (files_.has_v2())
            for (auto const& file : files_.files)
                roots_.push_back(file.size == 0 ? sha256_hash{} : root_of(files_, hashes_, file));
    }

    written_metainfo write(surroundings const& around)
    {
        written_metainfo written;
        out_.begin_dictionary();
        if (!around.comment.empty())
            out_.string("comment").string(around.comment);
        if (!around.created_by.empty())
            out_.string("created by").string(around.created_by);
        if (around.creation_date)
            out_.string("creation date").integer(*around.creation_date);
        out_.string("info");
        written.info_offset = out_.size();
        write_info();
        written.info_size = out_.size() - written.info_offset;
        if (files_.has_v2())
            write_piece_layers();
        if (!around.web_seeds.empty())
        {
            out_.string("url-list").begin_list();
            for (auto const& url : around.web_seeds)
                out_.string(url);
            out_.end();
        }
        out_.end();
        written.bytes = out_.text();
        return written;
    }

private:
    void write_info()
    {
        auto const& only = files_.files.front();
        bool const has_v1_list = files_.has_v1() && files_.is_multi_file;
        bool const has_v1_length = files_.has_v1() && !files_.is_multi_file;
        out_.begin_dictionary();
        if (has_v1_length && only.is_executable)
            out_.string("attr").string("x");
        if (files_.has_v2())
            write_file_tree();
        if (has_v1_list)
            write_file_list();
        if (has_v1_length)
            write_number("length", only.size);
        if (files_.has_v2())
            write_number("meta version", 2);
        out_.string("name").string(files_.name);
        write_number("piece length", files_.piece_length);
        if (files_.has_v1())
            out_.string("pieces").string(std::as_bytes(std::span(hashes_.pieces)));
        if (files_.is_private)
            write_number("private", 1);
        out_.end();
    }

    void write_number(std::string_view key, std::uint64_t number)
    {
        out_.string(key).integer(static_cast<std::int64_t>(number));
    }

    void write_file_list()
    {
        out_.string("files").begin_list();
        for (auto const& file : files_.files)
        {
            out_.begin_dictionary();
            if (file.is_executable)
                out_.string("attr").string("x");
            write_number("length", file.size);
            out_.string("path").begin_list();
            for (std::string_view rest = file.path; !rest.empty();)
                out_.string(take_element(rest));
            out_.end().end();
            if (files_.has_v2() && &file != &files_.files.back())
                write_padding(gap_behind(file.size, files_.piece_length));
        }
        out_.end();
    }

    void write_padding(std::uint64_t size)
    {
        if (size == 0)
            return;
        out_.begin_dictionary();
        out_.string("attr").string("p");
        write_number("length", size);
        out_.string("path").begin_list().string(".pad").string(std::to_string(size)).end();
        out_.end();
    }

    // The files come in the order of the tree, so a directory is left when the next file isn't in it.
    void write_file_tree()
    {
        out_.string("file tree").begin_dictionary();
        std::vector<std::string_view> entered;
        for (std::size_t index = 0; index < files_.files.size(); ++index)
        {
            std::string_view rest = files_.files[index].path;
            std::size_t depth = 0;
            auto element = take_element(rest);
            for (; !rest.empty() && depth < entered.size() && entered[depth] == element; ++depth)
                element = take_element(rest);
            for (; entered.size() > depth; entered.pop_back())
                out_.end();
            for (; !rest.empty(); element = take_element(rest))
            {
                out_.string(element).begin_dictionary();
                entered.push_back(element);
            }
            write_tree_file(element, index);
        }
        for (std::size_t depth = 0; depth <= entered.size(); ++depth)
            out_.end();
    }

    void write_tree_file(std::string_view name, std::size_t index)
    {
        auto const& file = files_.files[index];
        out_.string(name).begin_dictionary().string(std::string_view()).begin_dictionary();
        if (file.is_executable)
            out_.string("attr").string("x");
        write_number("length", file.size);
        if (file.size > 0)
            out_.string("pieces root").string(roots_[index]);
        out_.end().end();
    }

    // Files that are equal share an entry.
    void write_piece_layers()
    {
        std::vector<std::size_t> order;
        for (std::size_t index = 0; index < files_.files.size(); ++index)
            if (files_.files[index].size > files_.piece_length)
                order.push_back(index);
        auto const root = [this](std::size_t index) { return roots_[index]; };
        std::ranges::sort(order, {}, root);
        auto const same = std::ranges::unique(order, {}, root);
        order.erase(same.begin(), same.end());
        out_.string("piece layers").begin_dictionary();
        for (auto const index : order)
            out_.string(roots_[index]).string(std::as_bytes(nodes_of(files_, hashes_, files_.files[index])));
        out_.end();
    }

    content const& files_;
    content_hashes const& hashes_;
    std::vector<sha256_hash> roots_; // a file each, if there is v2
    bencode::writer out_;
};

} // namespace

std::uint64_t piece_length_for(std::uint64_t total_size) noexcept
{
    auto length = merkle_block_size;
    while (length < piece_length_max && total_size > piece_count_wanted * length)
        length *= 2;
    return length;
}

void lay_out(content& files)
{
    std::uint64_t at = 0;
    for (auto& file : files.files)
    {
        if (files.has_v2())
            at += gap_behind(at, files.piece_length);
        file.offset = at;
        at += file.size;
    }
    files.stream_size = at;
}

written_metainfo write_metainfo(content const& files, content_hashes const& hashes, surroundings const& around)
{
    return metainfo_writer(files, hashes).write(around);
}

} // namespace webseed::torrent
