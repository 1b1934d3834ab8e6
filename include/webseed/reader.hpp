// Reading a file of a download while it is fetched.
#pragma once

#include <webseed/error.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace webseed {

namespace core {
class reader_front;
}

/// How far a reader gets ahead of what it is asked for. It wants as many bytes more as it has read in a row; a read
/// that doesn't begin where the last one ended begins anew.
struct reader_options
{
    /// Bytes that it wants more from the start, and wherever it jumps to. With 0 whoever reads here and there has those
    /// pieces fetched that he reads, and no others.
    std::uint64_t read_ahead_min = 0;
    /// Never more than these; with a storage that keeps a limited number of bytes, at most half of those, of all
    /// readers together.
    std::uint64_t read_ahead_max = 32u << 20;
    /// Nor what lies behind this offset in the file.
    std::uint64_t read_ahead_end = std::numeric_limits<std::uint64_t>::max();
};

/// A handle, made by download::open_reader(). Reads any bytes of one file, at any time: what isn't there yet is fetched
/// before all else, by however many requesters are free or can soon be, and only verified bytes are delivered. It may
/// outlive the download and the engine, but not the context of the engine's executor. Models Asio's
/// AsyncRandomAccessReadDevice. Moving it is cheap; destroying it closes it.
/// Several readers may read at once, also the same: each piece is fetched once.
class reader
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// Reads nothing: only to be assigned or destroyed.
    reader() = default;
    reader(reader&&) noexcept = default;
    reader& operator=(reader&& other) noexcept;
    ~reader();

    /// The executor given to the engine, on which completions without an executor of their own run.
    executor_type get_executor() const noexcept;
    /// Of the file, in bytes.
    std::uint64_t size() const noexcept;

    /// Reads from `offset` on until the buffers are full, the file is at its end, or 256 KiB are there. Waits until all
    /// of that is verified. Any number of reads may be under way. Any thread.
    /// @param buffers  a MutableBufferSequence; its memory must be there until the completion.
    /// Completes with void(error_code, std::size_t): bytes read, of a download that runs. Before async_run() it waits.
    /// Errors: asio::error::eof at the end of the file and behind it. If the download has ended, or ends without what
    /// is to be read, its error, or errc::closed if it had none: then the storage is closed, see
    /// download_options::stays. operation_aborted for what is under way when the reader is closed, errc::closed
    /// afterwards; a code of the storage. Cancellation: terminal, partial and total, with operation_aborted, and no
    /// effect on other reads.
    template <class MutableBufferSequence, class CompletionToken = boost::asio::use_awaitable_t<>>
    auto async_read_some_at(std::uint64_t offset, MutableBufferSequence const& buffers, CompletionToken&& token = {})
    {
        auto start = [](auto handler, std::shared_ptr<core::reader_front> from, std::uint64_t at, buffer_list into) {
            start_read(std::move(from), at, nullptr, std::move(into), std::move(handler));
        };
        return boost::asio::async_initiate<CompletionToken, void(error_code, std::size_t)>(
            std::move(start), token, front_, offset, list_of(buffers));
    }

    /// Nothing is fetched for its sake any more, and what is under way ends. Any thread.
    void close() noexcept;

private:
    friend class download;
    friend class reader_stream;
    explicit reader(std::shared_ptr<core::reader_front> front) noexcept;

    using buffer_list = std::vector<boost::asio::mutable_buffer>;
    template <class MutableBufferSequence>
    static buffer_list list_of(MutableBufferSequence const& buffers)
    {
        auto const first = boost::asio::buffer_sequence_begin(buffers);
        return buffer_list(first, boost::asio::buffer_sequence_end(buffers));
    }
    using read_handler = boost::asio::any_completion_handler<void(error_code, std::size_t)>;
    // @param moved  if not null, what is to stand behind what was read, once it was.
    static void start_read(
        std::shared_ptr<core::reader_front> from, std::uint64_t offset, std::shared_ptr<std::uint64_t> moved,
        buffer_list into, read_handler handler);

    std::shared_ptr<core::reader_front> front_;
};

/// The same as a stream: models Asio's AsyncReadStream. One read at a time.
class reader_stream
{
public:
    using executor_type = reader::executor_type;

    explicit reader_stream(reader from, std::uint64_t offset = 0);

    executor_type get_executor() const noexcept { return reader_.get_executor(); }
    std::uint64_t size() const noexcept { return reader_.size(); }
    /// Of the next byte.
    std::uint64_t position() const noexcept { return *position_; }
    /// Where to read next; beyond the end there is nothing. Not while a read is under way.
    void seek(std::uint64_t offset) noexcept { *position_ = offset; }

    /// As reader::async_read_some_at(), at the position, which moves on by what was read.
    template <class MutableBufferSequence, class CompletionToken = boost::asio::use_awaitable_t<>>
    auto async_read_some(MutableBufferSequence const& buffers, CompletionToken&& token = {})
    {
        auto start = [](auto handler, std::shared_ptr<core::reader_front> from, std::shared_ptr<std::uint64_t> at,
                        reader::buffer_list into) {
            auto const offset = *at;
            reader::start_read(std::move(from), offset, std::move(at), std::move(into), std::move(handler));
        };
        return boost::asio::async_initiate<CompletionToken, void(error_code, std::size_t)>(
            std::move(start), token, reader_.front_, position_, reader::list_of(buffers));
    }

    void close() noexcept { reader_.close(); }

private:
    reader reader_;
    std::shared_ptr<std::uint64_t> position_;
};

} // namespace webseed
