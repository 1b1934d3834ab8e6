// Where verified bytes live: files, memory, or something of the embedder's own.
// Addresses are offsets into the byte stream that the pieces cut, pad files counted.
#pragma once

#include <webseed/error.hpp>
#include <webseed/metainfo.hpp>
#include <webseed/types.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace webseed {

/// What is known of the bytes in a storage.
struct known_content
{
    /// A bit for each piece: whether it is verified.
    std::vector<bool> verified;
    /// What is stored of other pieces, and has no verdict yet: it may be right or wrong. Ascending, adjacent ones as
    /// one range.
    std::vector<byte_range> begun = {};

    friend bool operator==(known_content const&, known_content const&) = default;
};

/// Called from several workers at once, never twice at once for overlapping ranges. May suspend; may also work
/// inline on the worker that calls it. Every function reports failure by its error code and may be cancelled by
/// terminal cancellation where it suspends.
/// Errors: errc::disk_full where more room would help, else errc::storage_failed or a code of the operating system.
class storage
{
public:
    virtual ~storage() = default;

    /// Called once, before all others. Makes ready what must be there from the start (directories, empty files)
    /// and tells which bytes may be there already, in ascending order, adjacent ones as one range; the engine hashes
    /// those before it trusts them. Pad files are always there.
    /// @param cause  told, on failure, what it was about; outlives the operation.
    virtual boost::asio::awaitable<boost::system::result<std::vector<byte_range>>> open(diagnostics& cause) = 0;

    /// Called once, right after open(): what an earlier run knew of bytes that can't have changed since, as remember()
    /// was told of it. The engine trusts verified pieces without reading them; in doubt a piece isn't among them. What
    /// was begun it reads and hashes, once all of the piece is there, and nobody is blamed for it: that it can be read
    /// is all that matters.
    /// @return no bits and no ranges if there is nothing to recall; nothing if this storage remembers nothing, and
    ///         remember() isn't to be called.
    virtual boost::asio::awaitable<std::optional<known_content>> recall() { co_return std::nullopt; }

    /// Makes what is known so far survive this process and a loss of power, for recall() in a later run: first the
    /// bytes, then the note of them. Called from time to time while others read and write, never twice at once, and at
    /// the end, between complete() and close(), also after a failure.
    /// @param known  all of it was written before the call. Who keeps the verified pieces alone loses no more than what
    ///               was begun.
    /// An error means that less is remembered than could be; nothing fails because of it.
    virtual boost::asio::awaitable<error_code> remember(known_content known)
    {
        known = {};
        co_return error_code();
    }

    /// Fills `buffer` from `offset`; the range must lie inside the torrent. Pad files read as zeros. Bytes that were
    /// never written: zeros or an error.
    virtual boost::asio::awaitable<error_code> read(std::uint64_t offset, std::span<std::byte> buffer) = 0;

    /// Stores all of `bytes` at `offset`, except those that lie in pad files, or in files that neither are wanted nor
    /// were included, where it may do as it likes; the range must lie inside the torrent.
    /// They need not outlive the operation.
    virtual boost::asio::awaitable<error_code> write(std::uint64_t offset, std::span<std::byte const> bytes) = 0;

    /// Bytes of verified pieces that it keeps at the most; 0: all. If there is a limit, nothing is fetched but what
    /// somebody reads, and what is read no more is dropped. The pieces that reads wait for may exceed it, each read's
    /// at most 256 KiB and two pieces.
    virtual std::uint64_t kept_size_max() const noexcept { return 0; }

    /// What is stored there will not be read again, unless it is written again before. Must be quick, and not block.
    virtual void drop(byte_range) noexcept {}

    /// A file that wasn't wanted is to be kept and readable from now on like all others. Must be quick, and not block;
    /// any thread. Returns whether its bytes were dropped so far.
    virtual bool include(file_index) noexcept { return false; }

    /// Called once, when every piece is verified, before close(): takes away what isn't the torrent's, such as what
    /// lies in a file beyond the torrent's end of it.
    virtual boost::asio::awaitable<error_code> complete(diagnostics&) { co_return error_code(); }

    /// Called once, unless open() failed, after all others have completed, also after a failure: gives files that were
    /// written their final size.
    virtual boost::asio::awaitable<error_code> close(diagnostics& cause) = 0;
};

struct file_storage_options
{
    /// Makes the torrent's symbolic links, those that lead to something in it, when all is verified. Else they are left
    /// out.
    bool make_links = false;
    /// Makes and changes nothing: what isn't there counts as absent, and writing fails.
    bool read_only = false;
    /// Where to keep, for later runs, which pieces are verified and which were begun, as far as they are safe on the
    /// disk, and how the files look then: size, times, inode and device. In files that still look the same pieces that
    /// were verified aren't hashed again, and what was begun isn't fetched again. Made with its directories; one for
    /// each torrent and directory. Of no use, or not to be written: everything is hashed, and that is all. Who can
    /// write it can have wrong data trusted. Empty: none.
    std::filesystem::path resume_file{};
    /// Writes the resume file, but doesn't read it: everything is hashed.
    bool recheck = false;
};

/// Sparse files below `directory`, as the torrent names them; only those that are wanted. Nothing outside of it can be
/// reached: names are opened one by one below its descriptor, and symbolic links are not followed. Directories are made
/// as needed. A file that is longer than the torrent says is cut when it is written for the first time, and left alone
/// if it never is. Reads of files that are absent or too short fail. Bytes of files that aren't wanted are dropped, and
/// can't be read, until somebody reads or selects them: from then on they are files like the others, but what is
/// verified of them isn't remembered for later runs.
std::unique_ptr<storage>
make_file_storage(metainfo torrent, std::filesystem::path directory, file_storage_options options = {});

/// All content in memory, `torrent.end_offset()` bytes. Throws std::bad_alloc if there is not so much.
std::unique_ptr<storage> make_memory_storage(metainfo const& torrent);

/// In memory what is read, and of what was read the latest: about so many bytes. Throws std::invalid_argument for 0.
std::unique_ptr<storage> make_memory_storage(metainfo const& torrent, std::uint64_t kept_size_max);

} // namespace webseed
