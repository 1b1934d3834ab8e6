#include "piece_roots.hpp"

#include "fields.hpp"
#include "merkle.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace webseed::torrent {

namespace {

struct layer
{
    std::string_view root;
    bencode::value value;
    bool is_used = false;
};

} // namespace

class piece_roots::reader
{
public:
    reader(
        file_list const& list, std::span<std::string_view const> roots, std::uint64_t piece_length, diagnostics* cause)
        : list_(list)
        , roots_(roots)
        , piece_length_(piece_length)
        , cause_(cause)
    {}

    error_code read(bencode::value layers)
    {
        if (layers && !layers.is(bencode::kind::dictionary))
            return complain(cause_, errc::torrent_invalid, place("piece layers", layers) + ": is not a dictionary");
        for (auto item = layers.first(); item; item = item.next())
            layers_.push_back({item.key(), item});
        std::ranges::sort(layers_, {}, &layer::root);

        // Equal files stand together.
        std::vector<std::uint32_t> order(list_.files.size());
        std::iota(order.begin(), order.end(), 0u);
        std::ranges::sort(order, [this](std::uint32_t a, std::uint32_t b) {
            auto const compared = roots_[a].compare(roots_[b]);
            return compared != 0 ? compared < 0 : list_.files[a].size < list_.files[b].size;
        });
        result_.files_.resize(order.size());
        for (std::size_t i = 0; i != order.size(); ++i)
        {
            auto const file = order[i];
            auto const same = i != 0 && roots_[order[i - 1]] == roots_[file];
            if (same && list_.files[order[i - 1]].size != list_.files[file].size)
                return complain(
                    cause_, errc::torrent_invalid,
                    std::string(list_.files[order[i - 1]].path) + " and " + std::string(list_.files[file].path) +
                        " have the same pieces root, but not the same length");
            if (same)
                result_.files_[file] = result_.files_[order[i - 1]];
            else if (auto const failed = add(file))
                return failed;
        }
        for (auto const& each : layers_)
            if (!each.is_used)
                return refuse(each.value, "is for no file of more than a piece");
        return {};
    }

    piece_roots take() { return std::move(result_); }

private:
    error_code add(std::uint32_t file)
    {
        auto const size = list_.files[file].size;
        if (size == 0)
            return {};
        auto hashes = roots_[file];
        if (size > piece_length_)
        {
            auto const found = std::ranges::lower_bound(layers_, roots_[file], {}, &layer::root);
            if (found == layers_.end() || found->root != roots_[file])
                return complain(
                    cause_, errc::torrent_invalid,
                    "piece layers has none for " + std::string(list_.files[file].path) +
                        ", which nobody can verify without");
            found->is_used = true;
            if (auto const failed = check(*found, size))
                return failed;
            hashes = found->value.string();
        }
        auto const first = result_.hashes_.size();
        auto const count = hashes.size() / sizeof(sha256_hash);
        result_.hashes_.resize(first + count);
        std::memcpy(result_.hashes_.data() + first, hashes.data(), hashes.size());
        result_.files_[file] = {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(count)};
        if (size > piece_length_ && !is_root_of(result_.of(file), roots_[file]))
            return complain(
                cause_, errc::torrent_invalid,
                "the piece layer of " + std::string(list_.files[file].path) + " doesn't hash to its root");
        return {};
    }

    error_code check(layer const& found, std::uint64_t size) const
    {
        if (!found.value.is(bencode::kind::string))
            return refuse(found.value, "is not a string");
        auto const wanted = (size + piece_length_ - 1) / piece_length_ * sizeof(sha256_hash);
        if (found.value.string().size() != wanted)
            return refuse(
                found.value, "has " + std::to_string(found.value.string().size()) + " bytes, but its file needs " +
                                 std::to_string(wanted));
        return {};
    }

    bool is_root_of(std::span<sha256_hash const> hashes, std::string_view root) const
    {
        auto const computed = root_of_layer(hashes, height_of(piece_length_));
        return std::memcmp(computed.data(), root.data(), computed.size()) == 0;
    }

    error_code refuse(bencode::value value, std::string const& what) const
    {
        return complain(cause_, errc::torrent_invalid, place("piece layers: a layer", value) + ": " + what);
    }

    file_list const& list_;
    std::span<std::string_view const> roots_;
    std::uint64_t piece_length_;
    diagnostics* cause_;
    std::vector<layer> layers_;
    piece_roots result_;
};

boost::system::result<piece_roots> piece_roots::read(
    bencode::value layers, file_list const& list, std::span<std::string_view const> roots, std::uint64_t piece_length,
    diagnostics* cause)
{
    reader reading(list, roots, piece_length, cause);
    if (auto const failed = reading.read(layers))
        return failed;
    return reading.take();
}

void piece_roots::spread(std::span<std::uint32_t const> files, std::size_t count)
{
    std::vector<stretch> all(count);
    for (std::size_t i = 0; i != files.size(); ++i)
        all[files[i]] = files_[i];
    files_ = std::move(all);
}

} // namespace webseed::torrent
