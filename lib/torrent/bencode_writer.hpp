// Writes bencoding (BEP 3), value by value. The grammar is in bencode.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace webseed::torrent::bencode {

/// The caller sees to it that what he writes is one value: that containers are ended, that in a dictionary each key is
/// followed by a value, and that keys ascend as raw bytes.
class writer
{
public:
    writer& integer(std::int64_t number);
    /// A value, or a key.
    writer& string(std::string_view bytes);
    writer& string(std::span<std::byte const> bytes);
    writer& begin_list();
    writer& begin_dictionary();
    /// Of the container that was begun last.
    writer& end();

    std::size_t size() const noexcept { return text_.size(); }
    std::string_view text() const noexcept { return text_; }

private:
    std::string text_;
};

} // namespace webseed::torrent::bencode
