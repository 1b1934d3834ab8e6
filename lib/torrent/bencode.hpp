// Bencoding (BEP 3), read strictly and within bounds, without recursion.
//
//   value   = integer / string / list / dictionary
//   integer = "i" ["-"] digits "e"           no leading zeros, no "-0", fits 64 bits signed
//   string  = digits ":" bytes               no leading zeros; as many bytes as the digits say
//   list    = "l" *value "e"
//   dict    = "d" *(string value) "e"        keys ascending as raw bytes, none twice
//
// Unsorted keys are met in files that every large client loads: they are read, and `is_canonical()` says so.
// Keys given twice are refused. One newline ("\n" or "\r\n") behind the outermost value is passed over.
#pragma once

#include <webseed/error.hpp>

#include <boost/system/result.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace webseed::torrent::bencode {

enum class kind : std::uint8_t
{
    integer,
    string,
    list,
    dictionary,
};

struct limits
{
    std::size_t depth_max = 64;
    std::size_t item_count_max = 4'000'000;
};

class document;

/// A value inside a document, which must outlive it. Cheap to copy. Default-constructed: no value, of no kind.
class value
{
public:
    value() = default;

    explicit operator bool() const noexcept { return document_ != nullptr; }
    bool is(kind wanted) const noexcept;
    /// Only for integers.
    std::int64_t integer() const noexcept;
    /// Only for strings: the raw bytes, inside the bytes that were parsed.
    std::string_view string() const noexcept;
    /// Any kind: the exact encoded bytes.
    std::span<std::byte const> encoded() const noexcept;
    /// Where encoded() begins in the parsed bytes.
    std::size_t offset() const noexcept;
    /// Lists: items; dictionaries: pairs; else, also for no value: 0.
    std::size_t size() const noexcept;
    /// First item of a list, or first value of a dictionary; none where there is none.
    value first() const noexcept;
    /// The item or value behind this one; none at the end.
    value next() const noexcept;
    /// Only for values in a dictionary: the key.
    std::string_view key() const noexcept;
    /// Only for dictionaries: the value under `key`; none where there is none.
    value find(std::string_view key) const noexcept;

private:
    friend class document;
    value(document const* owner, std::uint32_t node) noexcept
        : document_(owner)
        , node_(node)
    {}
    /// What the document holds from `begin` on.
    std::string_view text_from(std::size_t begin) const noexcept;

    document const* document_ = nullptr;
    std::uint32_t node_ = 0;
};

/// A parsed text. Refers to the bytes given to parse(), which must outlive it.
class document
{
public:
    /// @param bytes  less than 4 GiB.
    /// Errors: errc::bencode_invalid; `cause`, if not null, is told what and at which byte.
    static boost::system::result<document>
    parse(std::span<std::byte const> bytes, limits const& bounds = {}, diagnostics* cause = nullptr);

    /// Valid while the document stays where it is.
    value root() const noexcept;
    /// Whether keys were sorted everywhere below `root` and nothing followed the outermost value.
    bool is_canonical() const noexcept { return canonical_; }

private:
    friend class value;
    class parser;
    /// Small, because a hostile file can ask for millions: what the bytes say again is not kept.
    struct node
    {
        std::uint32_t begin = 0; // of the encoded value
        std::uint32_t end = 0;
        std::uint32_t key = 0;   // in a dictionary: where the encoded key begins
        std::uint32_t next = 0;  // 0: none
        std::uint32_t count = 0; // items or pairs
    };

    /// Grows without moving what it holds, so that parsing needs no more memory than twice what the nodes do.
    class node_list
    {
    public:
        std::size_t size() const noexcept { return size_; }
        node& operator[](std::size_t index) noexcept { return blocks_[block_of(index)][place_of(index)]; }
        node const& operator[](std::size_t index) const noexcept { return blocks_[block_of(index)][place_of(index)]; }
        void push_back(node added)
        {
            auto const block = block_of(size_);
            if (block == blocks_.size())
                blocks_.push_back(std::make_unique_for_overwrite<node[]>(std::max(size_, first_size)));
            blocks_[block][place_of(size_++)] = added;
        }

    private:
        // Each block is as large as all before it together.
        static constexpr std::size_t first_size = 64;
        static std::size_t block_of(std::size_t index) noexcept { return std::bit_width(index / first_size); }
        static std::size_t place_of(std::size_t index) noexcept
        {
            return index < first_size ? index : index - std::bit_floor(index);
        }

        std::vector<std::unique_ptr<node[]>> blocks_;
        std::size_t size_ = 0;
    };

    std::span<std::byte const> bytes_;
    node_list nodes_; // in the order of their first bytes; a first item lies right behind its container
    bool canonical_ = true;
};

} // namespace webseed::torrent::bencode
