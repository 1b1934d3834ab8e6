// Reads fields of a bencoded dictionary, with complaints that name the field and its place in the file.
#pragma once

#include "bencode.hpp"

#include <webseed/error.hpp>

#include <boost/system/result.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace webseed::torrent {

/// Leaves `message` in `cause`, if that is not null.
error_code complain(diagnostics* cause, errc code, std::string message);

/// "info.pieces at byte 1234"
std::string place(std::string_view name, bencode::value value);

/// One dictionary of a document that must outlive it.
class fields
{
public:
    /// @param name   of the dictionary, as complaints shall give it; empty for the outermost. Must outlive the object.
    /// @param cause  may be null; else must outlive the object.
    fields(bencode::value dictionary, std::string_view name, diagnostics* cause) noexcept;
    /// One of a list of that name, of which there may be many: only complaints put its name together.
    fields(bencode::value dictionary, std::string_view list, std::size_t index, diagnostics* cause) noexcept;

    /// The value under `key`; none if there is no such key. Errors: errc::torrent_invalid if of another kind.
    boost::system::result<bencode::value> find(std::string_view key, bencode::kind wanted) const;
    /// The same, but a missing key is an error, too.
    boost::system::result<bencode::value> require(std::string_view key, bencode::kind wanted) const;

    /// Complains about the dictionary itself.
    error_code refuse(errc code, std::string_view what) const;
    /// Complains about the value under a key that is there.
    error_code refuse(errc code, std::string_view key, std::string_view what) const;

private:
    std::string name() const;
    std::string name_of(std::string_view key) const;

    bencode::value dictionary_;
    std::string_view name_;
    std::optional<std::size_t> index_;
    diagnostics* cause_;
};

} // namespace webseed::torrent
