// Makes v2 and hybrid torrents of content (BEP 52). The hash trees are computed here once more, by plain recursion over
// whole lists of leaves, so that what lib/torrent/merkle computes is checked against something else.
#pragma once

#include "support/torrents.hpp"
#include "torrent/digest.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace webseed::test {

inline std::string sha256_text(std::string_view text)
{
    auto const hash = torrent::sha256_of(bytes_of(text));
    return {reinterpret_cast<char const*>(hash.data()), hash.size()};
}

/// @param nodes  as many as a power of two.
inline std::string top_of(std::vector<std::string> const& nodes)
{
    if (nodes.size() == 1)
        return nodes.front();
    auto const middle = nodes.begin() + static_cast<std::ptrdiff_t>(nodes.size() / 2);
    return sha256_text(top_of({nodes.begin(), middle}) + top_of({middle, nodes.end()}));
}

/// The top over the blocks of a text and as many missing ones as make up `count`; 0: up to the next power of two.
inline std::string top_over(std::string_view text, std::size_t count)
{
    std::vector<std::string> leaves;
    for (std::size_t at = 0; at < text.size(); at += 16384)
        leaves.push_back(sha256_text(text.substr(at, 16384)));
    for (auto size = std::size_t(1); count == 0; size *= 2)
        count = size >= leaves.size() ? size : 0;
    leaves.resize(count, std::string(32, '\0'));
    return top_of(leaves);
}

inline std::string pieces_root_of(std::string_view content)
{
    return top_over(content, 0);
}

inline std::string piece_layer_of(std::string_view content, std::uint64_t piece_length)
{
    std::string layer;
    for (std::size_t at = 0; at < content.size(); at += piece_length)
        layer += top_over(content.substr(at, piece_length), piece_length / 16384);
    return layer;
}

using bencoded_keys = std::map<std::string, std::string>;

struct v2_file
{
    std::vector<std::string> path;
    std::string content;
    /// Encoded, also for v1's entry, in place of what the content would give.
    bencoded_keys more{};
};

/// A directory or a file of a file tree.
struct v2_node
{
    std::map<std::string, v2_node> children;
    std::string file; // encoded

    std::string text() const
    {
        bencoded_keys entries;
        if (!file.empty())
            entries[""] = file;
        for (auto const& [name, child] : children)
            entries[name] = child.text();
        return dictionary_of(entries);
    }
};

/// Torrents to spoil before they are written: everything is encoded.
struct v2_parts
{
    bencoded_keys info;
    bencoded_keys layers;
    bencoded_keys top;

    std::string text() const
    {
        auto all = top;
        all["info"] = dictionary_of(info);
        if (!layers.empty())
            all.try_emplace("piece layers", dictionary_of(layers));
        return dictionary_of(all);
    }
};

inline void add_to(v2_node& tree, v2_file const& file)
{
    auto* node = &tree;
    for (auto const& name : file.path)
        node = &node->children[name];
    bencoded_keys entry{{"length", encoded(file.content.size())}};
    if (!file.content.empty())
        entry["pieces root"] = encoded(pieces_root_of(file.content));
    for (auto const& [key, value] : file.more)
        entry[key] = value;
    node->file = dictionary_of(entry);
}

/// The v2 torrent "t" of these files. @param files  in the order of the tree.
inline v2_parts v2_parts_of(std::vector<v2_file> const& files, std::uint64_t piece_length = 16384)
{
    v2_parts parts;
    v2_node tree;
    for (auto const& file : files)
    {
        add_to(tree, file);
        if (file.content.size() > piece_length)
            parts.layers[pieces_root_of(file.content)] = encoded(piece_layer_of(file.content, piece_length));
    }
    parts.info = {
        {"file tree", tree.text()},
        {"meta version", encoded(2)},
        {"name", encoded("t")},
        {"piece length", encoded(piece_length)},
    };
    return parts;
}

/// The v1 list of the files with padding up to whole pieces, and the bytes that it stands for.
inline std::pair<std::vector<bencoded_keys>, std::string>
padded_list_of(std::vector<v2_file> const& files, std::uint64_t piece_length)
{
    std::vector<bencoded_keys> entries;
    std::string stream;
    for (auto const& file : files)
    {
        if (auto const pad = (piece_length - stream.size() % piece_length) % piece_length;
            pad != 0 && !file.content.empty())
        {
            auto const path = list_of_strings({".pad", std::to_string(pad)});
            entries.push_back({{"attr", encoded("p")}, {"length", encoded(pad)}, {"path", path}});
            stream.append(pad, '\0');
        }
        auto& entry = entries.emplace_back(file.more);
        entry.try_emplace("length", encoded(file.content.size()));
        entry.try_emplace("path", list_of_strings(file.path));
        stream += file.content;
    }
    return {entries, stream};
}

inline std::string sha1_texts_of(std::string_view stream, std::uint64_t piece_length)
{
    std::string hashes;
    for (std::size_t at = 0; at < stream.size(); at += piece_length)
    {
        auto const hash = torrent::sha1_of(bytes_of(stream.substr(at, piece_length)));
        hashes.append(reinterpret_cast<char const*>(hash.data()), hash.size());
    }
    return hashes;
}

/// The same files for v1, too. One file with a path of one name: a torrent of a single file, of its name.
inline v2_parts hybrid_parts_of(std::vector<v2_file> const& files, std::uint64_t piece_length = 16384)
{
    auto parts = v2_parts_of(files, piece_length);
    auto const [entries, stream] = padded_list_of(files, piece_length);
    parts.info["pieces"] = encoded(sha1_texts_of(stream, piece_length));
    if (files.size() == 1 && files.front().path.size() == 1)
    {
        parts.info["name"] = encoded(files.front().path.front());
        parts.info["length"] = encoded(files.front().content.size());
        return parts;
    }
    std::vector<std::string> texts;
    for (auto const& entry : entries)
        texts.push_back(dictionary_of(entry));
    parts.info["files"] = list_of(texts);
    return parts;
}

/// Reads what has to be good.
inline metainfo parsed(v2_parts const& parts)
{
    diagnostics cause;
    auto const torrent = metainfo::parse(bytes_of(parts.text()), {}, &cause);
    if (!torrent)
        throw std::runtime_error(cause.message);
    return *torrent;
}

} // namespace webseed::test
